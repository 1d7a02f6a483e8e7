//! The pool against its model (`tests/pool_model.rs`), led by coverage.

#![no_main]

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use oxagent::pool::{Lifetimes, Limits, Scheduling};

#[allow(dead_code, reason = "its properties are tests, and this is none")]
#[path = "../../tests/pool_model.rs"]
mod pool_model;

use pool_model::{Op, Pick, Test};

fuzz_target!(|data: &[u8]| {
    // What is too short for another operation ends the sequence.
    let _ = run(&mut Unstructured::new(data));
});

fn run(bytes: &mut Unstructured<'_>) -> Result<()> {
    let mut test = Test::new(limits(bytes)?, scheduling(bytes)?);
    test.set_lifetimes(lifetimes(bytes)?, bytes.arbitrary()?);
    while !bytes.is_empty() {
        let op = op(bytes)?;
        test.step(&op).expect("the model takes the step too");
        test.compare().expect("both show the same");
    }
    test.finish().expect("nothing is left");
    Ok(())
}

fn op(bytes: &mut Unstructured<'_>) -> Result<Op> {
    Ok(match bytes.int_in_range(0..=18_u8)? {
        0..=2 => Op::Checkout {
            origin: pick(bytes)?,
            new: bytes.ratio(1_u8, 6_u8)?,
        },
        3 => Op::Origin,
        4 => Op::Open(pick(bytes)?),
        5 => Op::Attach(pick(bytes)?, bytes.ratio(1_u8, 5_u8)?),
        6 => Op::Kill(pick(bytes)?),
        7 => Op::Checkin(pick(bytes)?),
        8 => Op::Free(pick(bytes)?, deadline(bytes)?),
        9 => Op::Park(pick(bytes)?, deadline(bytes)?),
        10 => Op::Remove(pick(bytes)?),
        11 => Op::Cancel(pick(bytes)?),
        12 => Op::Pass(bytes.int_in_range(0..=20)?),
        13 => Op::Expire,
        14 if bytes.arbitrary()? => Op::SetLimits(limits(bytes)?),
        14 => Op::SetScheduling(scheduling(bytes)?),
        15 => Op::Retire(pick(bytes)?),
        16 => Op::Late,
        17 => Op::Take(pick(bytes)?),
        _ => Op::Drain,
    })
}

/// Among what exists, or whatever id.
fn pick(bytes: &mut Unstructured<'_>) -> Result<Pick> {
    let byte: u8 = bytes.arbitrary()?;
    Ok(match byte {
        0..=239 => Pick::Nth(byte.into()),
        240..=254 => Pick::Raw((byte - 240).into()),
        255 => Pick::Raw(u32::MAX),
    })
}

fn deadline(bytes: &mut Unstructured<'_>) -> Result<Option<u64>> {
    let byte: u8 = bytes.arbitrary()?;
    Ok((byte < 50).then(|| byte.into()))
}

fn limits(bytes: &mut Unstructured<'_>) -> Result<Limits> {
    let mut limit = || {
        let byte = bytes.int_in_range(0..=10)?;
        Ok(if byte == 10 { u32::MAX } else { byte })
    };
    Ok(Limits {
        per_origin: limit()?,
        total: limit()?,
        free_per_origin: limit()?,
        waiters: limit()?,
    })
}

fn lifetimes(bytes: &mut Unstructured<'_>) -> Result<Lifetimes> {
    let mut bound = || Ok(bytes.int_in_range(0..=100_u8)?).map(|most| (most > 0).then_some(most));
    Ok(Lifetimes {
        idle: bound()?.map(u64::from),
        age: bound()?.map(u64::from),
        requests: bound()?.map(u32::from),
        wait: bound()?.map(u64::from),
    })
}

fn scheduling(bytes: &mut Unstructured<'_>) -> Result<Scheduling> {
    Ok(if bytes.arbitrary()? {
        Scheduling::Lifo
    } else {
        Scheduling::Fifo
    })
}
