namespace DataSync.Dev.Commands;

/// <summary>What the command line asks for.</summary>
abstract record DevCommand;

sealed record UpCommand(int Workers) : DevCommand;

sealed record DemoCommand : DevCommand;

sealed record TokenCommand(string Tenant, string Scope, string? Language) : DevCommand;

sealed record TestCommand(string? Filter) : DevCommand;

sealed record LintCommand : DevCommand;

sealed record BenchCommand(string? Name) : DevCommand;

sealed record HelpCommand : DevCommand;
