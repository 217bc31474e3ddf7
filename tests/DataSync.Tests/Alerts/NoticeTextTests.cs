using System.Globalization;
using System.Text.Json;
using DataSync.Alerts.Notices;
using DataSync.Alerts.States;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Localization;
using DataSync.Platform.Tenancy.Settings;

namespace DataSync.Tests.Alerts;

/// <summary>Numbers in what is told: as the reader's language writes them, with the word that goes with them, also in a language that nobody built.</summary>
public sealed class NoticeTextTests : IDisposable
{
    private const string Polish = "pl-PL", English = "en-US", Chinese = "zh-CN";

    private readonly string _folder = Directory.CreateTempSubdirectory("datasync-notices-").FullName;
    private readonly Messages _messages;
    private readonly NoticeText _texts;

    public NoticeTextTests()
    {
        File.WriteAllText(Path.Combine(_folder, Polish + ".json"), JsonSerializer.Serialize(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [PluralRules.Key] = "one: i = 1 and v = 0; few: v = 0 and i % 10 = 2..4 and i % 100 != 12..14; many: v = 0 and i % 10 = 0,1,5..9 or v = 0 and i % 100 = 12..14; other",
            ["alerts.duration"] = "{minutes, plural, one {# minuta} few {# minuty} many {# minut} other {# minuty}} z {most, plural, one {# minuty} other {# minut}}",
            ["alerts.job_completed"] = "{records, plural, one {# rekord} few {# rekordy} many {# rekordów} other {# rekordu}}, {rejected, plural, one {# odrzucony} few {# odrzucone} other {# odrzuconych}}, {seconds, plural, one {# sekunda} few {# sekundy} many {# sekund} other {# sekundy}}",
            ["alerts.job_failed"] = "{reason}",
            ["errors.job.queue_full"] = "{limit, plural, one {# zadanie} few {# zadania} other {# zadań}}",
        }));
        _messages = Messages.Load(typeof(Messages).Assembly, LanguageFolder.Read(_folder, Messages.LanguagesOf(typeof(Messages).Assembly)).Languages);
        _texts = new NoticeText(_messages, new TenantLanguage(null!, _messages));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(English, 1, 0, 1000, "1 record, 0 refused, 1 second (")]
    [InlineData(English, 12345, 1, 1500, "12,345 records, 1 refused, 1.5 seconds (")]
    [InlineData(Chinese, 12345, 1, 1500, "12,345 条记录，拒绝 1 条，用时 1.5 秒")]
    [InlineData(Polish, 1, 1, 1000, "1 rekord, 1 odrzucony, 1 sekunda")]
    [InlineData(Polish, 3, 5, 22000, "3 rekordy, 5 odrzuconych, 22 sekundy")]
    [InlineData(Polish, 12, 2, 5000, "12 rekordów, 2 odrzucone, 5 sekund")]
    public void Completed_job_is_told_in_the_forms_that_go_with_its_numbers(string language, long records, long rejected, long milliseconds, string expected)
        => Assert.Contains(expected, _texts.Of(Job("completed", records, rejected, milliseconds, null), language), StringComparison.Ordinal);

    [Fact]
    public void Fraction_is_written_as_the_language_writes_it()
        => Assert.EndsWith(1.5.ToString(CultureInfo.GetCultureInfo(Polish)) + " sekundy", _texts.Of(Job("completed", 1, 1, 1500, null), Polish), StringComparison.Ordinal);

    [Theory]
    [InlineData(English, 1, "1 job of this tenant is waiting already.")]
    [InlineData(English, 2, "2 jobs of this tenant are waiting already.")]
    [InlineData(Polish, 1, "1 zadanie")]
    [InlineData(Polish, 3, "3 zadania")]
    [InlineData(Polish, 5, "5 zadań")]
    public void Reason_of_a_failed_job_keeps_its_numbers(string language, int limit, string expected)
        => Assert.Contains(expected, _texts.Of(Job("failed", 0, 0, 1000, $$$"""{"message_key":"errors.job.queue_full","params":{"limit":{{{limit}}}}}"""), language), StringComparison.Ordinal);

    [Theory]
    [InlineData(English, 60, 900, "has run for 1 minute; more than 15 minutes")]
    [InlineData(English, 120, 60, "has run for 2 minutes; more than 1 minute")]
    [InlineData(Polish, 180, 60, "3 minuty z 1 minuty")]
    [InlineData(Polish, 300, 300, "5 minut z 5 minut")]
    public void Alert_is_told_in_the_forms_that_go_with_its_numbers(string language, double value, double threshold, string expected)
        => Assert.Contains(expected, _texts.Of(new Alert { Condition = "duration", Subject = "j", Value = value, Threshold = threshold }, language), StringComparison.Ordinal);

    [Fact]
    public void Failure_of_a_notice_is_stored_with_its_numbers_and_with_who_has_it()
    {
        var stored = new NoticeFailure(SyncFailure.Transient("errors.alert.mail_partly", ("taken", 1), ("refused", 2)), ["mark"]).ToJson();
        var read = NoticeFailure.Read(stored)!;
        Assert.Equal(["mark"], read.Taken);
        Assert.Contains("for 1 recipient and refused 2 others", _messages.Format(read.Failure.MessageKey, English, read.Failure.Params), StringComparison.Ordinal);
        Assert.Null(NoticeFailure.Read(null));
        Assert.Empty(NoticeFailure.Read(new NoticeFailure(SyncFailure.Transient("errors.internal"), []).ToJson())!.Taken);
    }

    private static EndedJob Job(string status, long records, long rejected, long milliseconds, string? failure)
    {
        var (key, values) = EndedJob.Failure(failure);
        return new EndedJob(Guid.Empty, "orders", status, records, rejected, milliseconds, DateTimeOffset.UnixEpoch, "c", key, values);
    }
}
