//! The projects here, with all their mistakes, become the manifest that the
//! programs are checked against.

fn main() {
    byod_build::emit();
}
