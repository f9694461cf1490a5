use std::sync::LazyLock;

use super::{Pack, PackName, PackSet};

/// The packs that come with the product, as text.
pub const SHIPPED: [(PackName, &str); 5] = [
    (PackName::UsCore, include_str!("../../../packs/us-core.toml")),
    (PackName::UsStates, include_str!("../../../packs/us-states.toml")),
    (PackName::Recording, include_str!("../../../packs/recording.toml")),
    (PackName::Ctia, include_str!("../../../packs/ctia.toml")),
    (PackName::Eu, include_str!("../../../packs/eu.toml")),
];

/// The packs that come with the product, read once. `None` where they do not validate, which a test rules out; whoever
/// has none must deny.
#[must_use]
pub fn shipped() -> Option<&'static PackSet> {
    static SET: LazyLock<Option<PackSet>> = LazyLock::new(|| {
        let packs = SHIPPED.iter().filter_map(|(_, text)| Pack::parse(text).ok()).collect();
        PackSet::try_new(packs).ok()
    });
    SET.as_ref()
}
