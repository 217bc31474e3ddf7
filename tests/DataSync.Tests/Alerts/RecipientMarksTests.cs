using DataSync.Alerts.Channels;
using DataSync.Alerts.Notices;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Alerts;

/// <summary>Who is left of several recipients, from one try to the next.</summary>
public sealed class RecipientMarksTests
{
    private static readonly ChannelTarget Three = new(null, null, ["a@example.com", "b@example.com", "c@example.com"]);

    [Fact]
    public void Left_are_those_that_no_try_reached()
    {
        var notice = new AlertNotice { NoticeId = Guid.NewGuid() };
        Assert.Equal(Three.Recipients, RecipientMarks.Left(notice, Three)!.Recipients);
        Take(notice, "a@example.com");
        Assert.Equal(["b@example.com", "c@example.com"], RecipientMarks.Left(notice, Three)!.Recipients);
        Take(notice, "c@example.com");
        Assert.Equal(["b@example.com"], RecipientMarks.Left(notice, Three)!.Recipients);

        // The channel no longer names the one that was refused.
        Assert.Null(RecipientMarks.Left(notice, Three with { Recipients = ["A@example.com", "c@example.com"] }));
    }

    [Fact]
    public void Marks_hold_no_address_and_are_another_notices_for_the_same_one()
    {
        var (one, other) = (new AlertNotice { NoticeId = Guid.NewGuid() }, new AlertNotice { NoticeId = Guid.NewGuid() });
        Take(one, "a@example.com");
        Take(other, "a@example.com");
        Assert.DoesNotContain("example", one.Failure!, StringComparison.Ordinal);
        Assert.NotEqual(one.Failure, other.Failure);
    }

    [Fact]
    public void Target_without_recipients_stays_as_it_is()
    {
        var hook = new ChannelTarget("https://example.com/", "whsec_", null);
        Assert.Same(hook, RecipientMarks.Left(new AlertNotice(), hook));
    }

    private static void Take(AlertNotice notice, string recipient)
        => notice.Failure = new NoticeFailure(SyncFailure.Transient("errors.alert.mail_partly"), RecipientMarks.With(notice, [recipient])).ToJson();
}
