//! System errors by the numbers that Node knows, which are libuv's: `errno` itself but on Windows.

use std::io;

/// Where the system gave no number: EIO.
pub(super) const UNKNOWN_ERRNO: i32 = if cfg!(windows) { 4070 } else { 5 };

/// An address of the wrong family, which libuv refuses before the system is asked: EINVAL.
pub(super) const INVALID: i32 = if cfg!(windows) { 4071 } else { 22 };

/// The system's own number of a connection that can carry no more: EPIPE, WSAESHUTDOWN.
pub(super) const BROKEN_PIPE: i32 = if cfg!(windows) { 10058 } else { 32 };

/// libuv's number of the same.
pub(super) const EPIPE: i32 = if cfg!(windows) { 4047 } else { 32 };

/// libuv's number for a failure, without its sign.
pub(super) fn errno(err: &io::Error) -> i32 {
    let code = err.raw_os_error().unwrap_or(UNKNOWN_ERRNO);
    if cfg!(windows) {
        of_windows(code)
    } else {
        code
    }
}

/// As libuv translates the errors of Windows that a socket can meet (`src/win/error.c`,
/// `uv/errno.h`). Its own numbers, which begin at 4,000 and end before Winsock's, stay.
fn of_windows(code: i32) -> i32 {
    match code {
        10013 | 5 => 4092,               // EACCES
        10048 => 4091,                   // EADDRINUSE
        10049 => 4090,                   // EADDRNOTAVAIL
        10047 => 4089,                   // EAFNOSUPPORT
        10035 => 4088,                   // EAGAIN
        10037 => 4084,                   // EALREADY
        10004 | 995 => 4081,             // ECANCELED
        10053 | 1236 => 4079,            // ECONNABORTED
        10061 | 1225 => 4078,            // ECONNREFUSED
        10054 | 10052 | 64 => 4077,      // ECONNRESET
        10014 => 4074,                   // EFAULT
        10065 | 1232 => 4073,            // EHOSTUNREACH
        10022 | 87 => 4071,              // EINVAL
        10056 => 4069,                   // EISCONN
        10024 | 4 => 4066,               // EMFILE
        10040 => 4065,                   // EMSGSIZE
        10050 => 4063,                   // ENETDOWN
        10051 | 1231 => 4062,            // ENETUNREACH
        10055 => 4060,                   // ENOBUFS
        8 | 14 => 4057,                  // ENOMEM
        10057 => 4053,                   // ENOTCONN
        10038 => 4050,                   // ENOTSOCK
        10045 | 50 => 4049,              // ENOTSUP
        10058 | 109 | 232 | 233 => 4047, // EPIPE
        10043 => 4045,                   // EPROTONOSUPPORT
        10060 | 121 => 4039,             // ETIMEDOUT
        4000..=4095 => code,
        _ => 4094, // UNKNOWN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_windows_says_of_sockets_has_the_numbers_of_libuv() {
        let named = [10061, 10054, 10060, 10048, 10051, BROKEN_PIPE_OF_WINSOCK];
        assert_eq!(named.map(of_windows), [4078, 4077, 4039, 4091, 4062, 4047]);
        assert_eq!([4077, 4047].map(of_windows), [4077, 4047], "they stay");
    }

    #[test]
    fn what_windows_says_of_anything_else_is_unknown() {
        assert_eq!(
            [0, 2, 4070, 10999].map(of_windows),
            [4094, 4094, 4070, 4094]
        );
    }

    #[cfg(unix)]
    #[test]
    fn errno_is_libuvs_number_on_unix() {
        assert_eq!(errno(&io::Error::from_raw_os_error(111)), 111);
        assert_eq!(errno(&io::Error::other("no number")), UNKNOWN_ERRNO);
    }

    const BROKEN_PIPE_OF_WINSOCK: i32 = 10058;
}
