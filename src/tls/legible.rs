//! Whether OpenSSL can read a certificate, where that is plain: it stops at one that it can't, and
//! takes what stands behind it in a file for nothing.
//!
//! By the letter of X.690 and RFC 5280 (section 4.1), in version 3 and without the optional unique
//! identifiers. OpenSSL reads more than that: of what is not plain it is asked itself. What an
//! extension holds it does not look at before the certificate is used.

use super::strict::{
    BIT_STRING, BOOLEAN, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, all, constructed,
    element, is_identifier, is_integer, is_name, is_one_of, only, optional, sequence,
};

const NULL: u8 = 0x05;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION_3: u8 = 2;

/// Whether these bytes are a certificate and nothing else, for OpenSSL too.
pub fn is_legible(der: &[u8]) -> bool {
    sequence(der, |certificate| {
        next(certificate, SEQUENCE, is_signed_part)
            .and_then(|rest| next(rest, SEQUENCE, is_algorithm))
            .and_then(|rest| next(rest, BIT_STRING, is_bits))
            .is_some_and(<[u8]>::is_empty)
    })
}

fn is_signed_part(content: &[u8]) -> bool {
    next(content, constructed(0), |version| {
        only(version, INTEGER) == Some(&[VERSION_3])
    })
    .and_then(|rest| next(rest, INTEGER, is_integer))
    .and_then(|rest| next(rest, SEQUENCE, is_algorithm))
    .and_then(name)
    .and_then(|rest| next(rest, SEQUENCE, is_validity))
    .and_then(name)
    .and_then(|rest| next(rest, SEQUENCE, is_public_key))
    .and_then(|rest| {
        optional(rest, constructed(3), |extensions| {
            sequence(extensions, |list| {
                !list.is_empty()
                    && all(list, |tag, extension| {
                        tag == SEQUENCE && is_extension(extension)
                    })
            })
        })
    })
    .is_some_and(<[u8]>::is_empty)
}

/// What follows an element that must be there.
fn next(der: &[u8], tag: u8, is: impl Fn(&[u8]) -> bool) -> Option<&[u8]> {
    let (found, content, rest) = element(der)?;
    (found == tag && is(content)).then_some(rest)
}

/// What follows a name.
fn name(der: &[u8]) -> Option<&[u8]> {
    let (_, _, rest) = element(der)?;
    is_name(der.get(..der.len() - rest.len())?).then_some(rest)
}

/// OpenSSL looks into the parameters of those kinds that are no SEQUENCE.
fn is_algorithm(content: &[u8]) -> bool {
    next(content, OBJECT_IDENTIFIER, is_identifier).is_some_and(|parameters| {
        parameters.is_empty()
            || is_one_of(parameters, |tag, content| match tag {
                NULL => content.is_empty(),
                OBJECT_IDENTIFIER => is_identifier(content),
                SEQUENCE => true,
                _ => false,
            })
    })
}

fn is_validity(content: &[u8]) -> bool {
    let time = |der| {
        next(der, UTC_TIME, is_time::<13>).or_else(|| next(der, GENERALIZED_TIME, is_time::<15>))
    };
    time(content).and_then(time).is_some_and(<[u8]>::is_empty)
}

fn is_time<const LENGTH: usize>(content: &[u8]) -> bool {
    let digits = content.strip_suffix(b"Z").unwrap_or_default();
    content.len() == LENGTH && digits.len() + 1 == LENGTH && digits.iter().all(u8::is_ascii_digit)
}

fn is_public_key(content: &[u8]) -> bool {
    next(content, SEQUENCE, is_algorithm)
        .and_then(|rest| next(rest, BIT_STRING, is_bits))
        .is_some_and(<[u8]>::is_empty)
}

/// Whole octets: no key and no signature is anything else.
fn is_bits(content: &[u8]) -> bool {
    content.first() == Some(&0)
}

fn is_extension(content: &[u8]) -> bool {
    next(content, OBJECT_IDENTIFIER, is_identifier)
        .and_then(|rest| optional(rest, BOOLEAN, |critical| critical.len() == 1))
        .and_then(|rest| next(rest, OCTET_STRING, |_| true))
        .is_some_and(<[u8]>::is_empty)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::*;
    use super::*;

    fn certificate() -> Vec<u8> {
        Party::self_signed(ca("legible")).der.to_vec()
    }

    #[test]
    fn a_certificate_is_legible_whole_and_alone() {
        let der = certificate();
        assert!(is_legible(&der));
        assert!(!is_legible(&[]));
        assert!(!is_legible(&[&der[..], &[0]].concat()));
        for len in 0..der.len() {
            assert!(!is_legible(&der[..len]));
        }
    }

    #[test]
    fn version_1_is_left_to_openssl() {
        let party = Party::self_signed(ca("legible"));
        assert!(!is_legible(&party.in_version_1(&party.key)));
    }

    /// Nothing of the frame may be another: all but the contents of texts, keys and extensions.
    #[test]
    fn a_frame_with_another_tag_or_length_is_not_legible() {
        let der = certificate();
        let outer = children(content(&der));
        let fields = children(content(outer[0]));
        let at = |part: &[u8]| part.as_ptr() as usize - der.as_ptr() as usize;
        for part in outer.iter().chain(&fields) {
            for (offset, bit) in [(0, 0x40), (0, 0x20), (1, 1)] {
                let mut other = der.clone();
                other[at(part) + offset] ^= bit;
                assert!(!is_legible(&other), "{} {offset} {bit}", at(part));
            }
        }
    }
}
