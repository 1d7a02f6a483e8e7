use super::*;

#[test]
fn short_tails_of_large_writes_stay() {
    let loopback = Segments(65_483);
    assert_eq!(loopback.cut(65_536), 65_483);
    assert_eq!(loopback.cut(2 * 65_483 + TAIL_BYTES_MAX), 2 * 65_483);
    assert_eq!(Segments(1_448).cut(65_536), 45 * 1_448);
}

#[test]
fn what_fills_its_packets_leaves() {
    assert_eq!(Segments(65_483).cut(65_483), 65_483);
    assert_eq!(Segments(1_448).cut(2 * 1_448), 2 * 1_448);
}

#[test]
fn what_is_less_than_a_packet_leaves() {
    assert_eq!(Segments(65_483).cut(4_000), 4_000);
    assert_eq!(Segments(1_448).cut(1), 1);
    assert_eq!(Segments(1_448).cut(0), 0);
}

#[test]
fn long_tails_leave() {
    let len = 65_483 + TAIL_BYTES_MAX + 1;
    assert_eq!(Segments(65_483).cut(len), len);
}

#[test]
fn everything_leaves_where_nobody_may_wait() {
    for len in [0, 1, 65_536, 1 << 20] {
        assert_eq!(Segments::ANY.cut(len), len);
    }
}
