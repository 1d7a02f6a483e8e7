use super::*;
use crate::net::Chunk;

#[test]
fn data_carries_its_place_and_the_low_bits_of_its_epoch() {
    let chunk = Chunk {
        slab: 3,
        offset: 40,
        len: 5,
        commits: 1,
    };
    let event = Event::Data {
        conn: 9,
        epoch: 0x1_0002,
        chunk,
    };
    let record = encode(event, &mut Slab::new());
    assert_eq!(record, [kind::DATA, 9, 3, 40, 5, 2]);
}

#[test]
fn errors_are_negative_as_in_node() {
    let event = Event::Failed {
        conn: 1,
        syscall: Syscall::Read,
        code: 104,
        refused: true,
    };
    assert_eq!(
        encode(event, &mut Slab::new()),
        [kind::FAILED, 1, -104, 2, 0, 0]
    );
}
