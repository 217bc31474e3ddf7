namespace DataSync.Dev.Commands;

/// <summary>What the command line asks for.</summary>
abstract record DevCommand;

sealed record UpCommand(int Workers) : DevCommand;

sealed record DemoCommand : DevCommand;

sealed record TokenCommand(string Tenant, string Scope, string? Language) : DevCommand;

sealed record TestCommand(string? Filter) : DevCommand;

/// <summary>Checks a COCO file.</summary>
/// <param name="File">Its path.</param>
sealed record CocoCommand(string File) : DevCommand;

sealed record LintCommand : DevCommand;

/// <summary>Runs benchmarks.</summary>
/// <param name="Arguments">What the benchmarks themselves read.</param>
sealed record BenchCommand(IReadOnlyList<string> Arguments) : DevCommand;

sealed record HelpCommand : DevCommand;
