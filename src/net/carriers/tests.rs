use super::*;

#[cfg(target_os = "linux")]
mod passage;

#[test]
fn few_connections_of_many_environments_spread_over_the_reactors() {
    for reactors in 1..=64 {
        for each in [1, 2, 5, BLOCK_IDS] {
            let mut counts = vec![0; reactors];
            for block in 0..640 {
                for conn in 0..each {
                    counts[reactor_of(block * BLOCK_IDS + conn, reactors)] += 1;
                }
            }
            let (least, most) = (counts.iter().min(), counts.iter().max());
            let (least, most) = (*least.expect("one"), *most.expect("one"));
            assert!(most - least <= 2 * each, "{reactors} {each}: {counts:?}");
        }
    }
}
