using DataSync.Benchmarks.Measuring;

namespace DataSync.Benchmarks.Running;

/// <summary>This program again, as a process of its own, so that its CPU and memory are those of the work alone.</summary>
internal static class SelfProcess
{
    public const string Switch = "--child";

    public static ChildProcess Of(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var dotnet = Environment.ProcessPath!;
        string[] self = Path.GetFileNameWithoutExtension(dotnet) == "dotnet" ? [dotnet, typeof(SelfProcess).Assembly.Location] : [dotnet];
        return new ChildProcess([.. self, Switch, .. arguments], environment);
    }
}
