using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Pipeline.Failures;
using DataSync.Refine.Ai.Schema;
using DataSync.Refine.Ai.Work;
using Microsoft.Extensions.Logging;

namespace DataSync.Refine.Ai;

/// <summary>What a language model makes of records: summary, entities, sentiment, class, and the tenant's own fields. See docs/ai.md.</summary>
internal sealed class AiEnricher(AiModel model, ILogger<AiEnricher> logger) : IEnricher
{
    /// <summary>What its results are called.</summary>
    public const string Name = "ai";

    private readonly AiPlanReader _reader = new(model.Options);

    public string Kind => Name;

    public int Order => 100;

    public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { AiPlanReader.Enable, AiPlanReader.ModelMember, AiPlanReader.Member };

    public IEnumerable<Fault> Validate(JsonElement refinementConfig, string mode, string path) => _reader.Validate(refinementConfig, path);

    public bool IsAskedFor(JsonElement refinementConfig) => AiPlanReader.IsAskedFor(refinementConfig);

    public ValueTask<IEnrichment> OpenAsync(SyncRun run, CancellationToken ct)
    {
        // The operator may have taken the model away since the job was made.
        if (!model.Options.IsAvailable) throw new SyncFailureException(SyncFailure.Permanent("errors.ai.not_available"));
        var plan = _reader.Read(run.Plan.RefinementConfig);
        if (!model.Options.MayUse(plan.Model)) throw new SyncFailureException(SyncFailure.Permanent("errors.ai.model"));
        var work = new RecordWork(run.TenantId, run.JobId, plan, new AiPrompt(plan), model, keepsAnswers: run.AfterStoring == Stages.Refine && model.Options.CacheDays > 0);
        return ValueTask.FromResult<IEnrichment>(new AiEnrichment(Kind, run, work, model, logger));
    }
}
