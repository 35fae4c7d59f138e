//! Reads the projects here, and where main's functions run.

fn main() {
    byod_build::emit();
}
