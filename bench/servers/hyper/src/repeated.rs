//! A body of any length out of one piece of memory: making the bytes is not what is measured.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};

/// `left` more bytes: the chunk again and again, the last time as much of it as is due.
#[derive(Clone)]
pub struct Repeated {
    chunk: Bytes,
    left: u64,
}

impl Repeated {
    pub fn new(chunk: Bytes, bytes: u64) -> Self {
        Self { chunk, left: bytes }
    }

    pub fn once(chunk: Bytes) -> Self {
        let left = chunk.len() as u64;
        Self { chunk, left }
    }
}

impl Body for Repeated {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let length = self.left.min(self.chunk.len() as u64);
        self.left -= length;
        // No more than the chunk's length, which is a usize.
        let data = self.chunk.slice(..length as usize);
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
