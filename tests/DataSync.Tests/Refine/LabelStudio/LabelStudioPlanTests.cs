using System.Text.Json;
using DataSync.Refine.LabelStudio;
using DataSync.Refine.LabelStudio.Hooks;
using DataSync.Refine.LabelStudio.Waiting;

namespace DataSync.Tests.Refine.LabelStudio;

public sealed class LabelStudioPlanTests
{
    [Theory]
    [InlineData("""{}""", "")]
    [InlineData("""{"enable_label_studio":false,"label_studio_project_id":null}""", "")]
    [InlineData("""{"enable_label_studio":true,"label_studio_project_id":1,"label_studio_merge":"union","label_studio_fields":["a"]}""", "")]
    [InlineData("""{"enable_ai_enhancement":true,"enable_label_studio":true,"label_studio_project_id":1,"label_studio_records":"low_confidence"}""", "")]
    [InlineData("""{"enable_label_studio":true,"label_studio_project_id":1,"label_studio_records":"all"}""", "")]
    [InlineData("""{"enable_label_studio":true,"label_studio_project_id":1,"label_studio_records":"low_confidence"}""", "label_studio_records faults.label_studio_records")]
    [InlineData("""{"enable_label_studio":true,"label_studio_project_id":1,"label_studio_records":["all"]}""", "label_studio_records faults.one_of")]
    [InlineData("""{"enable_label_studio":true}""", "label_studio_project_id faults.required")]
    [InlineData("""{"enable_label_studio":1,"label_studio_project_id":"1","label_studio_merge":1,"label_studio_fields":[]}""", "enable_label_studio faults.bool, label_studio_project_id faults.integer, label_studio_merge faults.one_of, label_studio_fields faults.label_studio_fields")]
    [InlineData("""{"label_studio_project_id":0,"label_studio_fields":["a",1]}""", "label_studio_project_id faults.integer, label_studio_fields faults.label_studio_fields")]
    public void Validate_names_every_fault(string config, string faults)
        => Assert.Equal(faults, string.Join(", ", LabelStudioPlan.Validate(JsonElement.Parse(config), "").Select(f => $"{f.Path[1..]} {f.MessageKey}")));

    [Fact]
    public void Looks_come_later_while_nothing_happens_within_bounds_and_never_after_the_end()
    {
        var options = new LabelStudioOptions { PollSeconds = 10, LongestPollSeconds = 60 };
        var ever = TimeSpan.FromDays(7);
        Assert.Equal([10, 20, 40, 60, 60, 60], ((int[])[0, 1, 2, 3, 4, 1000]).Select(idle => LookAgain.After(options, idle, ever, 0.5).TotalSeconds));
        Assert.Equal((8, 12), (LookAgain.After(options, 0, ever, 0).TotalSeconds, LookAgain.After(options, 0, ever, 1).TotalSeconds));
        Assert.Equal(3, LookAgain.After(options, 5, TimeSpan.FromSeconds(3), 0.5).TotalSeconds);
        Assert.Equal(0, LookAgain.After(options, 5, TimeSpan.FromSeconds(-3), 0.5).TotalSeconds);
        Assert.Equal(300, LookAgain.After(options, 0, ever, 0.5, TimeSpan.FromSeconds(300)).TotalSeconds);
    }

    [Fact]
    public void Secrets_of_hooks_are_random_and_only_the_right_one_matches()
    {
        var (secret, digest) = HookSecret.Make();
        var (other, _) = HookSecret.Make();
        Assert.True(HookSecret.IsOne(secret));
        Assert.NotEqual(secret, other);
        Assert.True(HookSecret.Matches(secret, digest));
        Assert.False(HookSecret.Matches(other, digest));
        Assert.False(HookSecret.Matches(secret, null));
        Assert.False(HookSecret.IsOne("short"));
        Assert.False(HookSecret.IsOne(new string('!', 43)));
    }

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("http://label.internal:8080", "k", 0)]
    [InlineData("http://label.internal:8080", "", 1)]
    [InlineData("ftp://label.internal", "k", 1)]
    [InlineData("https://u:p@label.internal", "k", 1)]
    public void Options_are_refused_by_name(string url, string key, int faults)
    {
        var options = new LabelStudioOptions { Url = url, ApiKey = key };
        Assert.Equal(faults, (new LabelStudioOptionsValidation().Validate(null, options).Failures ?? []).Count());
        Assert.Equal(faults + 3, (new LabelStudioOptionsValidation().Validate(null, new LabelStudioOptions { Url = url, ApiKey = key, PollSeconds = 0, LongestPollSeconds = 90_000, TimeoutSeconds = 601 }).Failures ?? []).Count());
    }
}
