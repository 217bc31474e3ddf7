using System.Diagnostics;
using DataSync.Jobs.Inline;
using DataSync.Pipeline;

namespace DataSync.Tests.Jobs.Inline;

/// <summary>What a job that begins in a request knows of the request's trace.</summary>
public sealed class InlineStartTests
{
    [Theory]
    [InlineData(ActivitySamplingResult.AllDataAndRecorded, true)]
    [InlineData(ActivitySamplingResult.PropagationData, false)]
    public void TraceParent_is_the_requests_span_where_that_is_shown_and_else_hides_nothing(ActivitySamplingResult sampling, bool isParent)
    {
        using var source = new ActivitySource(nameof(InlineStartTests));
        using var listener = new ActivityListener { ShouldListenTo = s => ReferenceEquals(s, source), Sample = (ref ActivityCreationOptions<ActivityContext> _) => sampling };
        ActivitySource.AddActivityListener(listener);
        using var request = source.StartActivity("request");
        Assert.NotNull(request);
        Assert.Equal(isParent ? request.Id : null, Start().TraceParent);
    }

    private static InlineStart Start() => new() { TenantId = "t", SourceId = "s", Plan = new SyncPlan(), CreatedBy = "webhook", CorrelationId = "c", Language = "en-US" };
}
