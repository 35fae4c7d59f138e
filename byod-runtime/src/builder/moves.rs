use super::ByodBuilder;
use crate::routing::Allowance;

/// What users may bring to main.
impl ByodBuilder {
    /// How much of one user's is taken to main at the most when their data moves out
    /// ([`Byod::move_out`](crate::Byod::move_out)): so many documents and files, and so many
    /// bytes of both. Their deployment is in their hands, and may have ever more. Default:
    /// 2,000,000, and 4 GiB.
    pub fn most_moved_out(mut self, documents: u64, bytes: u64) -> Self {
        self.most_moved_out = Allowance { documents, bytes };
        self
    }
}
