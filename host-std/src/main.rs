//! The command `eravm`.

fn main() -> std::process::ExitCode {
    eravm_host::cli::main()
}
