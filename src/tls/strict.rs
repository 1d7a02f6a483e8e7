//! The extensions that OpenSSL reads before it takes a certificate for anything, by the letter of
//! X.690 and RFC 5280.
//!
//! A reader that passes over what it does not expect takes such an extension for a shorter one, or
//! for none at all. OpenSSL calls the certificate invalid. It is lenient with other faults: those
//! are refused here too, and its own verdict is asked for then.

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const NUMERIC_STRING: u8 = 0x12;
const PRINTABLE_STRING: u8 = 0x13;
const TELETEX_STRING: u8 = 0x14;
const IA5_STRING: u8 = 0x16;
const UNIVERSAL_STRING: u8 = 0x1c;
const BMP_STRING: u8 = 0x1e;
pub(super) const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// The number of a tag that has more octets.
const LONG_TAG: u8 = 0x1f;

/// `[number]` over one value, and over several.
const fn primitive(number: u8) -> u8 {
    0x80 | number
}

pub(super) const fn constructed(number: u8) -> u8 {
    0xa0 | number
}

const NETSCAPE_TYPE: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x86, 0xf8, 0x42, 0x01, 0x01];

/// Whether the value of an extension (those that begin with 55 1d are the standard's own) is what
/// the standard says it is. Extensions that OpenSSL does not read either may be anything.
pub(super) fn is_sound(oid: &[u8], value: &[u8]) -> bool {
    match *oid {
        [0x55, 0x1d, 14] => only(value, OCTET_STRING).is_some(),
        [0x55, 0x1d, 15] => only(value, BIT_STRING).is_some_and(is_flags),
        [0x55, 0x1d, 17] => sequence(value, is_general_names),
        [0x55, 0x1d, 19] => sequence(value, is_basic_constraints),
        [0x55, 0x1d, 30] => sequence(value, is_name_constraints),
        [0x55, 0x1d, 31] => sequence(value, |points| {
            all(points, |tag, point| {
                tag == SEQUENCE && is_distribution_point(point)
            })
        }),
        [0x55, 0x1d, 35] => sequence(value, is_authority_key),
        [0x55, 0x1d, 37] => sequence(value, |purposes| {
            !purposes.is_empty()
                && all(purposes, |tag, purpose| {
                    tag == OBJECT_IDENTIFIER && is_identifier(purpose)
                })
        }),
        _ if oid == NETSCAPE_TYPE => only(value, BIT_STRING).is_some_and(is_flags),
        _ => true,
    }
}

/// Whether a distinguished name is one whose every string OpenSSL can compare. `name` is the whole
/// SEQUENCE.
pub(super) fn is_name(name: &[u8]) -> bool {
    sequence(name, |sets| {
        all(sets, |tag, attributes| {
            tag == SET && is_attributes(attributes)
        })
    })
}

// --- Elements ------------------------------------------------------------------------------------

/// The first element's tag and contents, and what follows it. `None` where it is no DER, or has a
/// tag that no certificate has.
pub(super) fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // No certificate's extension is longer than TLS can carry.
        0x81..=0x83 => {
            let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = octets
                .iter()
                .fold(0, |length, octet| length << 8 | usize::from(*octet));
            let fewest = octets.first() != Some(&0) && length >= 0x80;
            (fewest.then_some(length)?, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    (tag & LONG_TAG != LONG_TAG).then_some((tag, content, rest))
}

/// The contents of the one element that there is.
pub(super) fn only(der: &[u8], tag: u8) -> Option<&[u8]> {
    match element(der)? {
        (found, content, []) if found == tag => Some(content),
        _ => None,
    }
}

pub(super) fn sequence(der: &[u8], is: impl Fn(&[u8]) -> bool) -> bool {
    only(der, SEQUENCE).is_some_and(is)
}

/// Whether there are elements alone, each of which `is` what it should be.
pub(super) fn all(mut der: &[u8], is: impl Fn(u8, &[u8]) -> bool) -> bool {
    while !der.is_empty() {
        match element(der) {
            Some((tag, content, rest)) if is(tag, content) => der = rest,
            _ => return false,
        }
    }
    true
}

/// What follows an element that may be missing; `None` where it is there and not what it should
/// be.
pub(super) fn optional(der: &[u8], tag: u8, is: impl Fn(&[u8]) -> bool) -> Option<&[u8]> {
    match element(der) {
        Some((found, content, rest)) if found == tag => is(content).then_some(rest),
        _ => Some(der),
    }
}

// --- Values --------------------------------------------------------------------------------------

pub(super) fn is_identifier(content: &[u8]) -> bool {
    let ends = content.last().is_some_and(|last| last & 0x80 == 0);
    let mut starts_arc = true;
    let fewest = content.iter().all(|octet| {
        let padded = starts_arc && *octet == 0x80;
        starts_arc = octet & 0x80 == 0;
        !padded
    });
    ends && fewest
}

pub(super) fn is_integer(content: &[u8]) -> bool {
    match *content {
        [] => false,
        [first, second, ..] => !matches!((first, second >> 7), (0, 0) | (0xff, 1)),
        [_] => true,
    }
}

/// At least one of the bits that a `KeyUsage` has, and none behind its end.
fn is_flags(content: &[u8]) -> bool {
    match *content {
        [unused @ 0..8, _, .., last] | [unused @ 0..8, last] => {
            content.len() <= 3 && last.trailing_zeros() >= u32::from(unused)
        }
        _ => false,
    }
}

fn is_basic_constraints(content: &[u8]) -> bool {
    let is_small = |number: &[u8]| {
        is_integer(number) && number.len() <= 4 && number.first().is_some_and(|octet| *octet < 0x80)
    };
    optional(content, BOOLEAN, |value| value.len() == 1)
        .and_then(|rest| optional(rest, INTEGER, is_small))
        .is_some_and(<[u8]>::is_empty)
}

fn is_authority_key(content: &[u8]) -> bool {
    optional(content, primitive(0), |_| true)
        .and_then(|rest| optional(rest, constructed(1), is_general_names))
        .and_then(|rest| optional(rest, primitive(2), is_integer))
        .is_some_and(<[u8]>::is_empty)
}

fn is_name_constraints(content: &[u8]) -> bool {
    // A subtree's minimum and maximum have no use, and OpenSSL refuses what they bear on.
    let is_subtrees = |subtrees: &[u8]| {
        all(subtrees, |tag, base| {
            tag == SEQUENCE && !base.is_empty() && is_one_of(base, is_general_name)
        })
    };
    optional(content, constructed(0), is_subtrees)
        .and_then(|rest| optional(rest, constructed(1), is_subtrees))
        .is_some_and(<[u8]>::is_empty)
}

fn is_distribution_point(content: &[u8]) -> bool {
    let is_point_name = |name: &[u8]| {
        is_one_of(name, |tag, content| match tag {
            _ if tag == constructed(0) => is_general_names(content),
            _ if tag == constructed(1) => is_attributes(content),
            _ => false,
        })
    };
    optional(content, constructed(0), is_point_name)
        .and_then(|rest| optional(rest, primitive(1), is_flags))
        .and_then(|rest| optional(rest, constructed(2), is_general_names))
        .is_some_and(<[u8]>::is_empty)
}

pub(super) fn is_one_of(der: &[u8], is: impl Fn(u8, &[u8]) -> bool) -> bool {
    matches!(element(der), Some((tag, content, [])) if is(tag, content))
}

fn is_general_names(content: &[u8]) -> bool {
    all(content, is_general_name)
}

/// X.400 addresses and names of EDI parties are not among them: no certificate of a server has any.
fn is_general_name(tag: u8, content: &[u8]) -> bool {
    match tag {
        _ if tag == constructed(0) => is_other_name(content),
        _ if tag == constructed(4) => is_name(content),
        _ if tag == primitive(8) => is_identifier(content),
        _ => [1, 2, 6, 7].map(primitive).contains(&tag),
    }
}

fn is_other_name(content: &[u8]) -> bool {
    let Some((OBJECT_IDENTIFIER, id, value)) = element(content) else {
        return false;
    };
    let is_value = |tag: u8, content: &[u8]| match tag {
        OCTET_STRING | SEQUENCE | SET => true,
        _ => is_string(tag, content),
    };
    is_identifier(id) && only(value, constructed(0)).is_some_and(|value| is_one_of(value, is_value))
}

fn is_attributes(content: &[u8]) -> bool {
    !content.is_empty()
        && all(content, |tag, attribute| {
            let value = match element(attribute) {
                Some((OBJECT_IDENTIFIER, id, value)) if is_identifier(id) => value,
                _ => return false,
            };
            tag == SEQUENCE && is_one_of(value, is_string)
        })
}

/// A string whose characters can be told.
fn is_string(tag: u8, content: &[u8]) -> bool {
    let is_character = |octets: &[u8]| {
        let code = octets
            .iter()
            .fold(0, |code: u32, octet| code << 8 | u32::from(*octet));
        char::from_u32(code).is_some()
    };
    match tag {
        NUMERIC_STRING | PRINTABLE_STRING | TELETEX_STRING | IA5_STRING => true,
        UTF8_STRING => std::str::from_utf8(content).is_ok(),
        BMP_STRING => content.len().is_multiple_of(2) && content.chunks(2).all(is_character),
        UNIVERSAL_STRING => content.len().is_multiple_of(4) && content.chunks(4).all(is_character),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::tlv;
    use super::*;

    const SERVER: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];

    fn seq(parts: &[&[u8]]) -> Vec<u8> {
        tlv(SEQUENCE, &parts.concat())
    }

    fn standard(number: u8, value: &[u8]) -> bool {
        is_sound(&[0x55, 0x1d, number], value)
    }

    fn name(string_tag: u8, text: &[u8]) -> Vec<u8> {
        let attribute = seq(&[
            &tlv(OBJECT_IDENTIFIER, &[0x55, 4, 3]),
            &tlv(string_tag, text),
        ]);
        seq(&[&tlv(SET, &attribute)])
    }

    /// The value itself is sound; none is that has a stranger in it, in front or behind, has
    /// another tag, or lacks its end.
    fn assert_strict(number: u8, parts: &[&[u8]]) {
        let value = seq(parts);
        assert!(standard(number, &value), "{number}: {value:02x?}");
        let null = tlv(5, &[]);
        assert!(!standard(number, &[&value[..], &null].concat()));
        assert!(!standard(number, &value[..value.len() - 1]));
        for at in 0..=parts.len() {
            let (before, after) = parts.split_at(at);
            let more = seq(&[before, &[&null], after].concat());
            assert!(!standard(number, &more), "{number}: {more:02x?}");
        }
        for at in 0..parts.len() {
            let mut other = parts.concat();
            let offset = parts[..at].concat().len();
            other[offset] ^= 0x40;
            assert!(!standard(number, &seq(&[&other])), "{number}: {at}");
        }
    }

    #[test]
    fn an_extension_is_sound_with_nothing_but_what_it_should_have() {
        let dns = tlv(0x82, b"localhost");
        let directory = tlv(0xa4, &name(UTF8_STRING, b"name"));
        let oid = tlv(OBJECT_IDENTIFIER, SERVER);
        assert_strict(17, &[&dns, &tlv(0x87, &[127, 0, 0, 1]), &directory]);
        assert_strict(
            17,
            &[&tlv(0x88, SERVER), &tlv(0x81, b"a@b"), &tlv(0x86, b"http:")],
        );
        let other = [&oid[..], &tlv(0xa0, &tlv(UTF8_STRING, b"x"))].concat();
        assert_strict(17, &[&tlv(0xa0, &other)]);
        assert_strict(19, &[&tlv(BOOLEAN, &[0xff]), &tlv(INTEGER, &[3])]);
        let subtrees = [seq(&[&dns]), seq(&[&directory])].concat();
        assert_strict(30, &[&tlv(0xa0, &subtrees), &tlv(0xa1, &seq(&[&dns]))]);
        let point = seq(&[
            &tlv(0xa0, &tlv(0xa0, &dns)),
            &tlv(0x81, &[6, 0x40]),
            &tlv(0xa2, &directory),
        ]);
        assert_strict(31, &[&point]);
        let serial = tlv(0x82, &[1]);
        assert_strict(35, &[&tlv(0x80, b"key"), &tlv(0xa1, &directory), &serial]);
        assert_strict(37, &[&oid, &oid]);
        for number in [17, 19, 30, 31, 35] {
            assert!(standard(number, &seq(&[])));
        }
        assert!(!standard(37, &seq(&[])));
    }

    #[test]
    fn what_openssl_does_not_read_may_be_anything() {
        assert!(standard(32, b"noise"));
        assert!(is_sound(&[0x2a, 3], b""));
    }

    #[test]
    fn flags_and_keys_are_what_they_say() {
        for oid in [&[0x55, 0x1d, 15][..], NETSCAPE_TYPE] {
            let sound = |bits: &[u8]| is_sound(oid, &tlv(BIT_STRING, bits));
            for bits in [&[5, 0xa0][..], &[0, 6], &[7, 6, 0x80], &[0, 6, 0]] {
                assert!(sound(bits), "{bits:?}");
            }
            for bits in [&[][..], &[0], &[8, 0], &[5, 0x10], &[0, 1, 2, 3]] {
                assert!(!sound(bits), "{bits:?}");
            }
        }
        assert!(standard(14, &tlv(OCTET_STRING, b"key")));
        assert!(!standard(14, &tlv(0x84, b"key")));
    }

    #[test]
    fn lengths_and_numbers_take_the_fewest_octets() {
        let long =
            |length: &[u8], count: usize| [&[OCTET_STRING][..], length, &vec![0; count]].concat();
        assert!(standard(14, &long(&[0x81, 0x80], 0x80)));
        assert!(standard(14, &long(&[0x82, 1, 0], 0x100)));
        for (length, count) in [(&[0x81, 3][..], 3), (&[0x82, 0, 0x80], 0x80), (&[0x80], 2)] {
            assert!(!standard(14, &long(length, count)));
        }
        for number in [&[][..], &[0, 1], &[0xff, 0x80], &[0x80], &[1; 5]] {
            assert!(!standard(19, &seq(&[&tlv(INTEGER, number)])), "{number:?}");
        }
        assert!(standard(35, &seq(&[&tlv(0x82, &[0x80, 1])])));
        for id in [&[][..], &[0x80, 1], &[0x2a, 0x80, 1], &[0x2a, 0x81]] {
            assert!(
                !standard(37, &seq(&[&tlv(OBJECT_IDENTIFIER, id)])),
                "{id:?}"
            );
        }
    }

    #[test]
    fn names_have_strings_that_can_be_told() {
        assert!(is_name(&seq(&[])));
        for (tag, text) in [
            (UTF8_STRING, &b"caf\xc3\xa9"[..]),
            (PRINTABLE_STRING, b"x"),
            (TELETEX_STRING, b"\xe9"),
            (BMP_STRING, b"\0x"),
            (UNIVERSAL_STRING, b"\0\0\0x"),
        ] {
            assert!(is_name(&name(tag, text)), "{tag}");
        }
        for (tag, text) in [
            (UTF8_STRING, &b"\xe9"[..]),
            (BMP_STRING, b"x"),
            (BMP_STRING, b"\xd8\0"),
            (UNIVERSAL_STRING, b"\0\0x"),
            (INTEGER, b"x"),
        ] {
            assert!(!is_name(&name(tag, text)), "{tag}");
        }
        assert!(!is_name(&seq(&[&tlv(SET, &[])])));
        assert!(!is_name(b""));
    }
}
