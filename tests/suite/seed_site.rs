//! The generated configuration is what it says: so many rules, so many conditions, always the same.

use std::collections::HashMap;

use edgewright_test_support::seed_site::{SEED_SIZED, SeedSite, Size, generate};

fn count(site: &SeedSite, names: &[&str]) -> usize {
    let counted = |line: &&str| {
        line.split(' ')
            .next()
            .is_some_and(|name| names.contains(&name))
    };
    site.config.lines().filter(counted).count()
}

#[test]
fn sizes_are_exact() {
    for (rules, conditions) in [(1, 0), (1, 3), (500, 0), (1_000, 900), (60_000, 13_000)] {
        let site = generate(Size {
            rules,
            conditions,
            seed: 7,
        });
        assert_eq!(count(&site, &["RewriteRule", "Redirect"]), rules);
        assert_eq!(count(&site, &["RewriteCond"]), conditions);
    }
}

#[test]
fn a_seed_gives_the_same_bytes_and_another_seed_others() {
    let size = Size {
        rules: 300,
        conditions: 80,
        seed: 3,
    };
    assert_eq!(generate(size).config, generate(size).config);
    assert_ne!(
        generate(size).config,
        generate(Size { seed: 4, ..size }).config
    );
}

#[test]
fn at_least_a_tenth_repeats_word_for_word() {
    let site = generate(SEED_SIZED);
    let mut seen = HashMap::new();
    for line in site
        .config
        .lines()
        .filter(|line| line.starts_with("Re") && !line.contains("Cond"))
    {
        *seen.entry(line).or_insert(0) += 1;
    }
    let repeats: usize = seen.values().map(|times| times - 1).sum();
    assert!(repeats > SEED_SIZED.rules / 10, "{repeats}");
}
