//! `seiketsu`: one binary, several roles.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    seiketsu::cli::main()
}
