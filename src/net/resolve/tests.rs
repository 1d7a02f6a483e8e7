use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, mpsc};

use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinHandle, LocalSet, spawn_local, yield_now};

use super::*;
use crate::lock::lock;

fn query(host: &str, family: u8, order: Order) -> Query {
    Query {
        host: host.into(),
        family,
        hints: 0,
        order,
    }
}

fn plain(host: &str) -> Query {
    query(host, 0, Order::Verbatim)
}

#[test]
fn addresses_come_once_each() {
    let found = resolve(&query("127.0.0.1", 0, Order::Verbatim)).unwrap();
    assert_eq!(found, ["127.0.0.1:0".parse().unwrap()]);
}

#[test]
fn a_family_that_the_name_has_not_is_an_error_of_the_resolver() {
    let err = resolve(&query("127.0.0.1", 6, Order::Verbatim)).unwrap_err();
    assert_eq!(err.syscall, Syscall::GetAddrInfo);
    assert!(err.code < -2999);
}

/// A resolver over a system that answers each question when it is told to.
struct Fixture {
    runtime: Runtime,
    resolver: Rc<Resolver>,
    /// The names that were asked for, in order.
    asked: Arc<Mutex<Vec<String>>>,
    /// One answer for each message.
    answers: mpsc::Sender<Answer>,
}

impl Fixture {
    fn new(threads: usize) -> Self {
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(threads)
            .build()
            .unwrap();
        let asked = Arc::new(Mutex::new(vec![]));
        let (answers, told) = mpsc::channel();
        let (log, told) = (asked.clone(), Mutex::new(told));
        let resolver = Resolver::asking(move |query| {
            lock(&log).push(query.host.clone());
            lock(&told).recv().unwrap()
        });
        Self {
            runtime,
            resolver: Rc::new(resolver),
            asked,
            answers,
        }
    }

    fn run(&self, test: impl Future<Output = ()>) {
        LocalSet::new().block_on(&self.runtime, test);
    }

    fn look_up(&self, query: Query, port: u16) -> JoinHandle<Answer> {
        let resolver = self.resolver.clone();
        spawn_local(async move { resolver.look_up(&query, port).await })
    }

    fn answer(&self) {
        self.answers.send(Ok(vec![address(0)])).unwrap();
    }

    fn fail(&self) {
        self.answers
            .send(Err(resolver_failure(uv::EAI_AGAIN)))
            .unwrap();
    }

    fn asked(&self) -> Vec<String> {
        lock(&self.asked).clone()
    }

    /// Nobody waits, and nothing is kept.
    fn is_idle(&self) -> bool {
        self.resolver.under_way.borrow().is_empty()
    }
}

fn address(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

#[test]
fn equal_lookups_under_way_are_one_and_each_gets_its_port() {
    let fixture = Fixture::new(4);
    fixture.run(async {
        let first = fixture.look_up(plain("a"), 1);
        let second = fixture.look_up(plain("a"), 2);
        yield_now().await;
        fixture.answer();
        assert_eq!(first.await.unwrap().unwrap(), [address(1)]);
        assert_eq!(second.await.unwrap().unwrap(), [address(2)]);
        assert_eq!(fixture.asked(), ["a"]);
        assert!(fixture.is_idle());
    });
}

#[test]
fn lookups_that_differ_in_anything_are_asked_each() {
    let fixture = Fixture::new(4);
    fixture.run(async {
        let hinted = Query {
            hints: NUMERIC_HOST,
            ..plain("a")
        };
        let others = [
            plain("a"),
            plain("b"),
            query("a", 4, Order::Verbatim),
            query("a", 0, Order::Ipv4First),
            hinted,
        ];
        let lookups = others.map(|query| fixture.look_up(query, 1));
        for _ in &lookups {
            fixture.answer();
        }
        for lookup in lookups {
            lookup.await.unwrap().unwrap();
        }
        assert_eq!(fixture.asked().len(), 5);
    });
}

#[test]
fn those_who_wait_still_get_the_answer_when_one_gives_up() {
    let fixture = Fixture::new(4);
    for given_up in 0..3 {
        fixture.run(async {
            let mut lookups = vec![];
            for port in 0..3 {
                lookups.push(fixture.look_up(plain("a"), port));
                yield_now().await;
            }
            lookups.remove(given_up).abort();
            yield_now().await;
            fixture.answer();
            for lookup in lookups {
                lookup.await.unwrap().unwrap();
            }
            assert_eq!(fixture.asked().len(), given_up + 1);
            assert!(fixture.is_idle());
        });
    }
}

#[test]
fn a_failure_reaches_all_who_wait_and_is_not_remembered() {
    let fixture = Fixture::new(4);
    fixture.run(async {
        let lookups = [1, 2].map(|port| fixture.look_up(plain("a"), port));
        fixture.fail();
        for lookup in lookups {
            assert_eq!(lookup.await.unwrap().unwrap_err().code, uv::EAI_AGAIN);
        }
        let later = fixture.look_up(plain("a"), 1);
        fixture.answer();
        assert_eq!(later.await.unwrap().unwrap(), [address(1)]);
        assert_eq!(fixture.asked().len(), 2);
    });
}

#[test]
fn a_lookup_that_waits_for_a_thread_is_not_made_when_nobody_wants_it_any_more() {
    let fixture = Fixture::new(1);
    fixture.run(async {
        let slow = fixture.look_up(plain("slow"), 1);
        yield_now().await;
        let given_up = [1, 2].map(|port| fixture.look_up(plain("given up"), port));
        yield_now().await;
        for lookup in given_up {
            lookup.abort();
        }
        yield_now().await;
        let last = fixture.look_up(plain("last"), 1);
        fixture.answer();
        fixture.answer();
        slow.await.unwrap().unwrap();
        last.await.unwrap().unwrap();
        assert_eq!(fixture.asked(), ["slow", "last"]);
    });
}

#[test]
fn a_panic_of_the_lookup_is_a_failure_of_those_who_wait() {
    let fixture = Fixture::new(1);
    let resolver = Resolver::asking(|_| panic!("on purpose"));
    fixture.run(async {
        let failed = resolver.look_up(&plain("a"), 1).await;
        assert_eq!(failed.unwrap_err().code, uv::EAI_FAIL);
    });
}
