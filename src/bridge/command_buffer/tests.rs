use proptest::prelude::*;

use super::*;

fn decode(record: &[i32], bytes: usize) -> Option<Command> {
    Decoder {
        gates: &Gates::default(),
        ahead: &ReadAhead::default(),
        bytes,
        large: &mut std::iter::empty(),
    }
    .decode(record)
}

#[test]
fn a_write_stays_within_the_slab() {
    assert!(matches!(
        decode(&[1, 7, 10, 5], 15),
        Some(Command::Write { conn: 7, range, acknowledge: false }) if range == (10..15)
    ));
    assert!(decode(&[1, 7, 10, 6], 15).is_none());
    assert!(decode(&[1, 7, -1, 6], 15).is_none());
    assert!(decode(&[1, -7, 0, 6], 15).is_none());
}

#[test]
fn all_parts_of_a_keep_alive_arrive() {
    let Some(Command::KeepAlive {
        conn: 2,
        keep_alive,
    }) = decode(&[9, 2, 1 | 3 << 1, 20 | 4 << 16], 0)
    else {
        panic!("no keep-alive");
    };
    let expected = KeepAlive {
        on: true,
        idle_secs: 20,
        interval_secs: 3,
        probes: 4,
    };
    assert_eq!(keep_alive, expected);
    assert!(matches!(
        decode(&[9, 2, 5 << 1, 0], 0),
        Some(Command::KeepAlive { keep_alive, .. }) if !keep_alive.on
    ));
}

#[test]
fn nonsense_is_no_command() {
    for record in [&[0, 0, 0, 0][..], &[99, 0, 0, 0], &[3, 0, 0, 0], &[1, 2, 3]] {
        assert!(decode(record, 100).is_none());
    }
}

/// Any word, but more often one that could be meant.
fn word() -> impl Strategy<Value = i32> {
    prop_oneof![any::<i32>(), 0..32_i32, Just(i32::MAX), Just(i32::MIN)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn no_words_lead_out_of_the_slab(
        records in prop::collection::vec(prop::collection::vec(word(), 0..6), 0..40),
        bytes in prop_oneof![Just(0), 0..64_usize, Just(usize::MAX)],
    ) {
        for record in records {
            if let Some(Command::Write { range, .. }) = decode(&record, bytes) {
                prop_assert!(range.start <= range.end && range.end <= bytes);
            }
        }
    }
}
