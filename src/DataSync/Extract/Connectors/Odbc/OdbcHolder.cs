using System.Net;
using DataSync.Extract.Connectors.Odbc.Dialects;
using DataSync.Extract.Connectors.Odbc.Gate;
using DataSync.Extract.Connectors.Odbc.Native;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>A session with its thread: made, used and ended in order, whatever happens between.</summary>
internal sealed class OdbcHolder(OdbcParameters source, OdbcThread thread, ExtractOptions options)
{
    private OdbcSession? _session;
    private OdbcRoute? _route;

    /// <summary>Connects and begins the session's read-only transaction.</summary>
    public async Task OpenAsync(OdbcGate gate, TimeSpan connectTimeout, TimeSpan statementTimeout, CancellationToken ct)
    {
        var registered = await FindAsync(gate, ct);
        await ConnectAsync(gate, registered, await gate.VetAsync(registered, ct), connectTimeout, ct);
        await RunAsync(session => Begin(session, statementTimeout), ct);
    }

    /// <summary>What is registered.</summary>
    public Task<RegisteredSource> FindAsync(OdbcGate gate, CancellationToken ct) => thread.RunAsync(() => gate.Find(source.Dsn), ct);

    /// <summary>Connects to one of the vetted addresses.</summary>
    public async Task ConnectAsync(OdbcGate gate, RegisteredSource registered, IReadOnlyList<IPAddress> vetted, TimeSpan timeout, CancellationToken ct)
    {
        try
        {
            var route = _route = await gate.OpenAsync(registered, vetted, ct);
            await thread.RunAsync(() => _session = OdbcSession.Open(source, route, timeout), ct);
        }
        catch (DllNotFoundException e)
        {
            throw OdbcErrors.Missing(e);
        }
        catch (OdbcException e)
        {
            ct.ThrowIfCancellationRequested();
            if (_route is { IsOverfull: true }) throw OdbcErrors.TooLarge(e, options.OdbcAnswerMegabytes);
            throw OdbcErrors.Opening(e, source.Dsn);
        }
    }

    /// <summary>Makes the session read-only; true, for there is nothing else to say.</summary>
    public bool Begin(OdbcSession session, TimeSpan statementTimeout)
    {
        session.Begin(statementTimeout);
        var asked = 0;
        thread.OnInterrupt(() => session.Interrupt(again: Interlocked.Increment(ref asked) > 1));
        return true;
    }

    /// <summary>Does something with the session, on its thread.</summary>
    public Task<T> RunAsync<T>(Func<OdbcSession, T> work, CancellationToken ct) => GuardAsync(() => thread.RunAsync(() => work(_session!), ct), null, ct);

    /// <summary>Does something that may fail as the driver says, and names the failure.</summary>
    /// <param name="work">What is done.</param>
    /// <param name="read">The read it belongs to, if any: an answer too large because much was asked for at once is a connection lost, to be gone on from.</param>
    /// <param name="ct">Ends the waiting.</param>
    public async Task<T> GuardAsync<T>(Func<Task<T>> work, OdbcRead? read, CancellationToken ct)
    {
        try
        {
            return await work();
        }
        catch (OdbcException e)
        {
            ct.ThrowIfCancellationRequested();
            if (_route is { IsOverfull: true }) throw read is { AsksAhead: true } ? OdbcErrors.Lost(e, source.Dsn) : OdbcErrors.TooLarge(e, options.OdbcAnswerMegabytes);
            throw OdbcErrors.Open(e, source.Dsn, _session?.Dialect ?? new OtherDialect(""));
        }
    }

    /// <summary>Ends what is under way, undoes everything and disconnects. A call that does not end is left to the thread, which ends all this behind it.</summary>
    /// <param name="begun">The read; null where there is none. A read that begins while all this ends is told as well.</param>
    public async Task EndAsync(Func<OdbcRead?>? begun = null)
    {
        if (begun?.Invoke() is { Coming.IsCompleted: false } read) await thread.InterruptAsync(read.Coming);
        await thread.EndAsync(() =>
        {
            begun?.Invoke()?.Dispose();
            _session?.Dispose();
        });

        // whoever still waits for the server ends with this, and the thread with it
        _route?.Dispose();
    }
}
