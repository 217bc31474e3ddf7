namespace DataSync.Refine.Ai.Provider;

/// <summary>
/// How much of one of a provider's limits is left, as its answers tell. An answer tells what was left when it was made; what was sent after the request it belongs to is taken
/// off, and what has come back since, at the rate that its own numbers show, is added. Not safe for threads by itself.
/// </summary>
internal sealed class RateWindow
{
    private double _sent;
    private double _told;
    private double _sentThen;
    private double _limit = double.PositiveInfinity;
    private double _rate;
    private TimeSpan _at;
    private TimeSpan _reset;
    private long _newest = -1;

    /// <summary>Units sent so far; noted with each request, to tell its answer's age.</summary>
    public double Sent => _sent;

    /// <summary>The limit, where an answer told it; else infinite.</summary>
    public double Limit => _limit;

    public void Send(double units) => _sent += units;

    /// <summary>Takes in an answer's numbers; those of an older request than the newest known are passed over, and so is what a provider sends that has no such limit (0, −1).</summary>
    /// <param name="request">The request's number.</param>
    /// <param name="sentThen">Units sent up to and with it.</param>
    /// <param name="limit">The whole.</param>
    /// <param name="remaining">What is left.</param>
    /// <param name="reset">Until all of it is there again.</param>
    /// <param name="now">The time of the answer.</param>
    public void Tell(long request, double sentThen, double limit, double remaining, TimeSpan? reset, TimeSpan now)
    {
        if (request < _newest || limit <= 0 || remaining < 0) return;
        (_newest, _limit, _told, _sentThen, _at) = (request, limit, Math.Min(remaining, limit), sentThen, now);
        _reset = reset ?? TimeSpan.Zero;

        // The rate shows only where something is missing; a limit of few units makes a poor measure, so the last good one stays.
        if (reset is { TotalMilliseconds: >= 1 } whole && limit - remaining >= 1) _rate = (limit - remaining) / whole.TotalSeconds;
        else if (_rate == 0 && reset is not null) _rate = limit / 60;
    }

    /// <summary>The provider tells no limit, or none any more.</summary>
    public void Forget() => _limit = double.PositiveInfinity;

    /// <summary>How long to wait before so many units may be sent; zero where they may go now.</summary>
    public TimeSpan WaitFor(double units, TimeSpan now)
    {
        if (double.IsPositiveInfinity(_limit)) return TimeSpan.Zero;
        units = Math.Min(units, _limit); // what is larger than the whole must be tried when all is there
        var left = Math.Min(_limit, _told + (_rate * (now - _at).TotalSeconds)) - (_sent - _sentThen);
        if (left >= units) return TimeSpan.Zero;
        var missing = units - left;
        if (_rate > 0) return TimeSpan.FromSeconds(Math.Min(missing / _rate, 60));
        return now - _at < _reset ? _reset - (now - _at) : TimeSpan.FromSeconds(1);
    }
}
