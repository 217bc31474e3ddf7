using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Platform.Http.Egress;

public sealed class RetryAfterTests
{
    private static readonly FakeTimeProvider Time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("0", null, null)]
    [InlineData("0.1", null, null)]
    [InlineData("120", null, 120.0)]
    [InlineData("1.5", null, 1.5)]
    [InlineData("999999999999", null, 3600.0)]
    [InlineData("-5", null, null)]
    [InlineData("soon", null, null)]
    [InlineData("Thu, 01 Jan 2026 00:00:30 GMT", null, 30.0)]
    [InlineData("Wed, 31 Dec 2025 00:00:00 GMT", null, null)]
    [InlineData("Thu, 01 Jan 2026 05:00:10 GMT", "Thu, 01 Jan 2026 05:00:00 GMT", 10.0)]
    [InlineData("Thu, 01 Jan 2099 00:00:00 GMT", null, 3600.0)]
    [InlineData(null, null, null)]
    public void Of_reads_seconds_and_dates_within_bounds(string? header, string? date, double? seconds)
    {
        using var response = new HttpResponseMessage();
        if (header is not null) response.Headers.TryAddWithoutValidation("Retry-After", header);
        if (date is not null) response.Headers.TryAddWithoutValidation("Date", date);
        Assert.Equal(seconds, RetryAfter.Of(response, Time)?.TotalSeconds);
    }
}
