use seiketsu_domain::compliance::Digest;
use seiketsu_domain::permission::pack::{PackName, shipped};
use seiketsu_domain::values::Token;

/// Name, version and digest of each rule pack this build decides by.
#[must_use]
pub fn packs_of_the_build() -> Vec<(PackName, Token, Digest)> {
    let ids = shipped().map(|packs| packs.ids()).unwrap_or_default();
    let named = ids.iter().filter_map(|id| {
        Some((id.name, Token::try_new(&id.version).ok()?, Digest::try_new(&id.sha256).ok()?))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::packs_of_the_build;

    #[test]
    fn every_pack_has_an_identity_that_can_be_approved() {
        assert_eq!(packs_of_the_build().len(), 5);
    }
}
