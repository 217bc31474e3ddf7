using DataSync.Dev.Checks;
using DataSync.Dev.Commands;
using DataSync.Dev.Demo;
using DataSync.Dev.Keys;
using DataSync.Dev.Start;
using DataSync.LocalPostgres.Secrets;

namespace DataSync.Dev;

/// <summary>A command each.</summary>
sealed class DevTool(Checkout checkout)
{
    public async Task<int> RunAsync(string[] arguments, CancellationToken ct)
    {
        switch (CommandLine.Parse(arguments))
        {
            case UpCommand up: return await new UpRun(checkout, up.Workers).RunAsync(ct);
            case DemoCommand: return await new DemoRun(checkout).RunAsync(ct);
            case TestCommand test: return await new TestRun(checkout).RunAsync(test.Filter, ct);
            case CocoCommand coco: return await Programs.RunAsync(Programs.Dotnet, [checkout.Assembly("src", "DataSync.Host"), "coco-validate", Path.GetFullPath(coco.File)], checkout.Root, new Dictionary<string, string>(), ct);
            case LintCommand: return await new LintRun(checkout).RunAsync(ct);
            case BenchCommand bench: return await new BenchRun(checkout).RunAsync(bench.Arguments, ct);
            case TokenCommand token:
                await Console.Out.WriteLineAsync(new DevelopmentToken(new DevelopmentKeys(checkout.Keys), TimeProvider.System).Issue(token));
                return 0;
            default:
                await Console.Out.WriteLineAsync(CommandLine.Usage);
                return 0;
        }
    }
}
