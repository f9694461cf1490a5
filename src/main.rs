//! `seiketsu`: one binary, several roles.

fn main() -> std::process::ExitCode {
    seiketsu::cli::main()
}
