using System.Text.Json;
using DataSync.IntegrationTests.Refine.LabelStudio;
using DataSync.Refine.LabelStudio.Outcomes;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.IntegrationTests.Properties;

/// <summary>What people do to one record's task, and what must come of it.</summary>
/// <param name="Document">The record.</param>
/// <param name="Deeds"><c>a</c>, <c>b</c>: annotated so; <c>A</c>: so, as ground truth; <c>s</c>: skipped; <c>d</c>: a draft; <c>x</c>: deleted.</param>
public sealed record AnnotatedRecord(string Document, string Deeds)
{
    private bool IsDeleted => Deeds.Contains('x', StringComparison.Ordinal);

    private string Valid => IsDeleted ? "" : string.Concat(Deeds.Where(d => char.ToLowerInvariant(d) is 'a' or 'b'));

    /// <summary>Does them, each by somebody else.</summary>
    internal void Do(FakeLabelStudio fake, long task)
    {
        foreach (var (who, deed) in Deeds.Index())
        {
            if (deed == 's') fake.Work.Skip(task, who);
            else if (deed == 'd') fake.Work.Draft(task);
            else if (deed == 'x') fake.Work.Delete(task);
            else fake.Work.Annotate(task, who, $$$"""[{"id":"r","from_name":"m","to_name":"t","type":"choices","value":{"choices":["{{{char.ToLowerInvariant(deed)}}}"]}}]""", groundTruth: deed == 'A');
            if (deed == 'x') return;
        }
    }

    /// <summary>The outcome, told once more and otherwise than by the code under test.</summary>
    internal string Outcome(FakeProject project)
    {
        if (IsDeleted) return "deleted";
        var skips = Deeds.Count(d => d == 's');
        if (Valid.Length + (project.SkipQueue == "IGNORE_SKIPPED" ? skips : 0) >= project.Overlap) return Valid.Length > 0 ? "completed" : "skipped";
        return Valid.Length > 0 ? "partial" : skips > 0 ? "skipped" : Deeds.Length > 0 ? "draft_only" : "timed_out";
    }

    /// <summary>What the merged annotations must say, each one's choices; null where several answers are right.</summary>
    internal IReadOnlyList<string>? Choices(string policy)
    {
        if (Valid.Length == 0) return [];
        var low = Valid.ToLowerInvariant();
        var (a, b) = (low.Count(c => c == 'a'), low.Count(c => c == 'b'));
        return policy switch
        {
            MergePolicy.Latest => [$"{low[^1]}"],
            MergePolicy.GroundTruth => [Valid.Contains('A', StringComparison.Ordinal) ? "a" : $"{low[^1]}"],
            MergePolicy.All => [.. low.Select(c => $"{c}")],
            MergePolicy.Union => [string.Concat(low.Distinct())],
            _ => a == b ? null : [a > b ? "a" : "b"],
        };
    }
}

/// <summary>A job for annotators.</summary>
/// <param name="Records">Its records.</param>
/// <param name="Overlap">How many people are to annotate a task.</param>
/// <param name="SkipQueue">What skips mean.</param>
/// <param name="Policy">What is taken.</param>
/// <param name="Enterprise">Which edition.</param>
/// <param name="Fault">What happens to the first import.</param>
/// <param name="NewProcess">A process that knows nothing goes on after the waiting.</param>
public sealed record LabelStudioCase(AnnotatedRecord[] Records, int Overlap, string SkipQueue, string Policy, bool Enterprise, string Fault, bool NewProcess)
{
    public static Arbitrary<LabelStudioCase> Any => (
        from records in (from text in ArbMap.Default.GeneratorFor<string?>()
                         from number in ArbMap.Default.GeneratorFor<long>()
                         from deeds in Gen.Elements("a", "b", "A", "s", "d", "x").ListOf()
                         select new AnnotatedRecord(JsonSerializer.Serialize(new { text, n = number }), string.Concat(deeds.Take(4)))).NonEmptyListOf()
        from overlap in Gen.Choose(1, 2)
        from skipQueue in Gen.Elements("REQUEUE_FOR_OTHERS", "REQUEUE_FOR_ME", "IGNORE_SKIPPED")
        from policy in Gen.Elements(MergePolicy.Names.ToArray())
        from enterprise in Gen.Elements(false, true)
        from fault in Gen.Elements("", "", "reset", "429", "500", "cut")
        from newProcess in Gen.Elements(false, true)
        select new LabelStudioCase([.. records.Take(5)], overlap, skipQueue, policy, enterprise, fault, newProcess)).ToArbitrary();
}
