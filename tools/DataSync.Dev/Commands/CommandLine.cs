using System.Globalization;

namespace DataSync.Dev.Commands;

/// <summary>Reads the command line. An option's value is the next argument as it is, whatever it begins with: tenant ids are any text.</summary>
static class CommandLine
{
    public const string Usage =
        """
        usage: ./dev demo                 start the system and sync the sample data once
               ./dev up [--workers N]     start the system and keep it running
               ./dev test [filter]        run the tests whose name contains the filter
               ./dev token --tenant ID [--scope "…"] [--language zh-CN]
               ./dev coco-validate FILE   check a COCO file
               ./dev lint                 formatting, analysers, language files, API document
               ./dev bench [name] [--rows N] [--rounds N] [--seconds N] [--skip-large]
               ./dev bench faults [--seed N] [--percent N] [--only NAME]
        """;

    const string DefaultScope = "sources.write sync.read sync.write";

    const int MaxWorkers = 64;

    public static DevCommand Parse(string[] arguments) => arguments switch
    {
        [] or ["help" or "--help" or "-h", ..] => new HelpCommand(),
        ["demo"] => new DemoCommand(),
        ["lint"] => new LintCommand(),
        ["coco-validate", var file] => new CocoCommand(file),
        ["test"] => new TestCommand(null),
        ["test", var filter] => new TestCommand(filter),
        ["bench", .. var rest] => new BenchCommand(rest),
        ["up", .. var rest] => Up(Options("up", rest, "workers")),
        ["token", .. var rest] => Token(Options("token", rest, "tenant", "scope", "language")),
        ["demo" or "lint" or "test" or "coco-validate", _, ..] => throw new UsageException($"Too many arguments for {arguments[0]}."),
        ["coco-validate"] => throw new UsageException("coco-validate needs a file."),
        _ => throw new UsageException($"Unknown command: {arguments[0]}"),
    };

    static UpCommand Up(Dictionary<string, string> options)
    {
        if (!options.TryGetValue("workers", out var text)) return new UpCommand(1);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var workers) && workers is >= 0 and <= MaxWorkers
            ? new UpCommand(workers)
            : throw new UsageException($"--workers takes a number from 0 to {MaxWorkers}.");
    }

    static TokenCommand Token(Dictionary<string, string> options)
    {
        if (!options.TryGetValue("tenant", out var tenant)) throw new UsageException("--tenant is missing.");
        const int MaxCodePoints = 255;
        if (tenant.Length == 0 || tenant.EnumerateRunes().Count() > MaxCodePoints) throw new UsageException($"--tenant takes 1 to {MaxCodePoints} characters.");
        return new TokenCommand(tenant, options.GetValueOrDefault("scope", DefaultScope), options.GetValueOrDefault("language"));
    }

    static Dictionary<string, string> Options(string command, IEnumerable<string> arguments, params string[] known)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        var queue = new Queue<string>(arguments);
        while (queue.TryDequeue(out var argument))
        {
            var (name, value) = argument.IndexOf('=', StringComparison.Ordinal) is var at and > 0 ? (argument[..at], argument[(at + 1)..]) : (argument, null);
            if (!name.StartsWith("--", StringComparison.Ordinal) || !known.Contains(name[2..], StringComparer.Ordinal)) throw new UsageException($"{command} does not know {argument}.");
            if (value is null && !queue.TryDequeue(out value)) throw new UsageException($"{name} needs a value.");
            if (!options.TryAdd(name[2..], value)) throw new UsageException($"{name} is given twice.");
        }
        return options;
    }
}
