//! What is served: the same paths as by the bench's other servers.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode};

use crate::delay::Delay;
use crate::repeated::Repeated;

/// Large enough that a chunk costs little beside its bytes, small enough to stay in a core's cache.
const CHUNK_BYTES: usize = 256 * 1024;

pub struct Site {
    large: Repeated,
    small: Bytes,
    delay: Delay,
}

impl Site {
    pub fn new(large_bytes: u64, delay: Duration, small_body: String) -> Self {
        Self {
            large: Repeated::new(vec![b'x'; CHUNK_BYTES].into(), large_bytes),
            small: small_body.into(),
            delay: Delay::new(delay),
        }
    }

    /// `negotiated` is what TLS has agreed on, on this connection.
    pub async fn answer(
        &self,
        request: Request<Incoming>,
        negotiated: Option<&str>,
    ) -> hyper::Result<Response<Repeated>> {
        let answer = match (request.method(), request.uri().path(), negotiated) {
            (&Method::GET, "/large", _) => Response::new(self.large.clone()),
            (&Method::GET, "/small", _) => self.small(),
            (&Method::GET, "/delayed", _) => {
                self.delay.wait().await;
                self.small()
            }
            (&Method::POST, "/sink", _) => self.drop_body(request.into_body()).await?,
            (&Method::GET, "/negotiated", Some(words)) => {
                Response::new(Repeated::once(Bytes::copy_from_slice(words.as_bytes())))
            }
            _ => empty(StatusCode::NOT_FOUND),
        };
        Ok(answer)
    }

    fn small(&self) -> Response<Repeated> {
        Response::new(Repeated::once(self.small.clone()))
    }

    async fn drop_body(&self, mut body: Incoming) -> hyper::Result<Response<Repeated>> {
        let announced = body.size_hint().exact();
        let mut received = 0;
        while let Some(frame) = body.frame().await {
            if let Some(data) = frame?.data_ref() {
                received += data.len() as u64;
            }
        }
        // The client checks the status, and so the whole way of every byte.
        if announced == Some(received) {
            Ok(self.small())
        } else {
            Ok(empty(StatusCode::BAD_REQUEST))
        }
    }
}

fn empty(status: StatusCode) -> Response<Repeated> {
    let mut response = Response::new(Repeated::once(Bytes::new()));
    *response.status_mut() = status;
    response
}
