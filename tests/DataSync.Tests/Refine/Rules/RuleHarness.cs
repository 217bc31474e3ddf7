using System.Text;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Caching;
using DataSync.Refine.Rules;
using DataSync.Refine.Rules.Checks;
using DataSync.Tests.Platform.Caching;
using Microsoft.Extensions.Logging;

namespace DataSync.Tests.Refine.Rules;

/// <summary>Runs rule sets over documents, and keeps what is logged.</summary>
internal sealed class RuleHarness : ILogger<RulesRefiner>
{
    /// <summary>One for all, as in a process: every test also shows that compiled rules can be shared.</summary>
    private static readonly ConfigurationCache Cache = MemoryOnlyCache.New();

    /// <summary>Log lines with their values.</summary>
    public List<string> Log { get; } = [];

    /// <summary>One rule around some actions, always applying.</summary>
    public static string Rule(string then, string rest = "") => $$"""[{"id":"r1","then":[{{then}}]{{rest}}}]""";

    public static IReadOnlyList<Fault> Validate(string rules)
    {
        using var config = JsonDocument.Parse($$"""{"business_rules":{{rules}}}""", new JsonDocumentOptions { MaxDepth = 500 });
        return [.. new RulesRefiner(Cache, new UniqueMemory(long.MaxValue), new RuleHarness()).Validate(config.RootElement, "")];
    }

    public async Task<RecordBatch> RefineAsync(string rules, params IEnumerable<string> documents)
    {
        using var config = JsonDocument.Parse($$"""{"business_rules":{{rules}}}""");
        var compiled = await new RulesRefiner(Cache, new UniqueMemory(long.MaxValue), this).CompileAsync("t", config.RootElement, CancellationToken.None) ?? throw new InvalidOperationException("There are no rules.");
        var raw = new RecordBuffer();
        foreach (var document in documents) raw.Add(Encoding.UTF8.GetBytes(document));
        var batch = new RecordBatch(1000, raw);
        await compiled.RefineAsync(batch, CancellationToken.None);
        return batch;
    }

    /// <summary>What one document becomes: itself where nothing changed, or <c>code|message|field</c> where it is rejected.</summary>
    public async Task<string> OneAsync(string rules, string document)
    {
        using var batch = await RefineAsync(rules, document);
        return batch.TryGetRejection(0, out var rejection)
            ? $"{rejection.Code}|{rejection.Message}|{rejection.Field}"
            : Encoding.UTF8.GetString(batch.Current(0).Span);
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => Log.Add($"{eventId.Id} {formatter(state, exception)} {exception}");
}
