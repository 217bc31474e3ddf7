using DataSync.Refine.LabelStudio.Outcomes;
using DataSync.Tests.Properties;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.IntegrationTests.Properties;

/// <summary>A job in which every refiner that it asks for fails on every record.</summary>
/// <param name="Documents">Its records.</param>
/// <param name="Rule">Actions that fail, with their code and field; null where no rules run.</param>
/// <param name="Keeps">Records on which the rule fails go on.</param>
/// <param name="Answer">What the model answers, or a status; null where it is not asked.</param>
/// <param name="Deed">What becomes of each task: <c>s</c>kipped, begun (<c>d</c>), deleted (<c>x</c>), annotated with what fits no label (<c>j</c>), refused at the import (<c>r</c>), or left; null where nobody is asked.</param>
/// <param name="Policy">How annotations are merged.</param>
public sealed record FailedRefinement(string[] Documents, (string Then, string Code, string Field)? Rule, bool Keeps, string? Answer, char? Deed, string Policy)
{
    public static Arbitrary<FailedRefinement> Any => (
        from documents in RuleGenerators.Document.NonEmptyListOf()
        from rule in RuleGenerators.Failing
        from keeps in Gen.Frequency((3, Gen.Constant(true)), (1, Gen.Constant(false)))
        from answer in Gen.Elements("{\"summary\":", "{}", "[]", "no", "{\"summary\":{\"value\":3,\"confidence\":1}}", "", "400")
        from deed in Gen.Elements('s', 'd', 'x', 'j', 'r', '-')
        from policy in Gen.Elements(MergePolicy.Names.ToArray())
        from asked in Gen.Choose(1, 7)
        select new FailedRefinement(
            [.. documents.Take(3)], (asked & 1) == 0 ? null : rule, keeps, (asked & 2) == 0 ? null : answer, (asked & 4) == 0 ? null : deed, policy)).ToArbitrary();

    /// <summary>The job's <c>refinement_config</c>.</summary>
    public string Config(long project)
    {
        List<string> members = [];
        if (Rule is { } rule) members.Add($$""" "business_rules":[{"id":"breaks","then":[{{rule.Then}}],"on_error":"{{(Keeps ? "keep" : "reject")}}"}]""");
        if (Answer is not null) members.Add(""" "enable_ai_enhancement":true,"ai":{"tasks":["summary"]}""");
        if (Deed is not null) members.Add($$""" "enable_label_studio":true,"label_studio_project_id":{{project}},"label_studio_records":"all","label_studio_merge":"{{Policy}}" """);
        return $"{{{string.Join(',', members)}}}";
    }
}
