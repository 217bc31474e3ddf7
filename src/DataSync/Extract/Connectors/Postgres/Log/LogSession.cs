using System.Net;
using System.Runtime.CompilerServices;
using DataSync.Extract.Connectors.Network;
using Npgsql;
using Npgsql.Replication;
using Npgsql.Replication.Internal;
using NpgsqlTypes;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>
/// A connection to a tenant's database that speaks the replication protocol: opened, guarded and encrypted as every other. Nothing of the log is confirmed but what was said when it began.
/// </summary>
internal sealed class LogSession : IAsyncDisposable
{
    /// <summary>A server that says nothing for so long, though it is asked, is given up.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    /// <summary>
    /// While a server reads over what is of other tables, it says nothing by itself. Asked, it says how far it has looked: between any two pieces of the log, and within a large transaction of other tables each
    /// time that half of its own patience is over (<see cref="Options"/>).
    /// </summary>
    private static readonly TimeSpan AskAfter = TimeSpan.FromSeconds(1);

    /// <summary>Values are written as everywhere else. A server's patience decides how soon it looks whether it was asked: the default is twice <see cref="Silence"/>, too long.</summary>
    private const string Options = "-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601 -c extra_float_digits=1 -c bytea_output=hex -c wal_sender_timeout=30s";

    private readonly LogicalReplicationConnection _connection;
    private readonly CancellationTokenSource _stop = new();
    private static readonly Task<bool> Moved = Task.FromResult(true), Ended = Task.FromResult(false);
    private IAsyncEnumerator<XLogDataMessage>? _messages;
    private Task<bool>? _moving;
    private ulong _from, _at;

    private LogSession(LogicalReplicationConnection connection) => _connection = connection;

    /// <summary>The end of what the server has sent, or has said that there is nothing up to, as of the last <see cref="Look"/>.</summary>
    public ulong Received { get; private set; }

    /// <summary>How often a look found that the server had come further.</summary>
    public long Moves { get; private set; }

    /// <summary>Opens one at the first of the vetted addresses that answers.</summary>
    public static Task<LogSession> OpenAsync(PostgresGate gate, ServerParameters source, TimeSpan commandTimeout, CancellationToken ct)
        => gate.DialAsync(source, (address, tls) => Open(source, tls, address, commandTimeout), ct);

    /// <summary>Makes the slot anew, and with it a snapshot of the database as it is where the slot begins. The snapshot lives until the session is used again or ends.</summary>
    public async Task<(ulong Begins, string Snapshot)> MakeSlotAsync(string name, bool exists, CancellationToken ct)
    {
        if (exists) await _connection.DropReplicationSlot(name, wait: true, ct);
        var slot = await _connection.CreatePgOutputReplicationSlot(name, slotSnapshotInitMode: LogicalSlotSnapshotInitMode.Export, cancellationToken: ct);
        return ((ulong)slot.ConsistentPoint, slot.SnapshotName!);
    }

    /// <summary>Begins to read where the sync before ended, which the server may forget from now on.</summary>
    public void Start(string name, ulong from, ulong confirmed)
    {
        _from = from;
        _connection.WalReceiverTimeout = Silence;
        AskInterval(_connection) = AskAfter;
        _connection.SetReplicationStatus(new NpgsqlLogSequenceNumber(confirmed));
        KeyValuePair<string, string?>[] options = [new("proto_version", "1"), new("publication_names", $"\"{name}\""), new("binary", "true")];
        _messages = _connection.StartLogicalReplication(new Slot(name), _stop.Token, new NpgsqlLogSequenceNumber(from), options).GetAsyncEnumerator(CancellationToken.None);
    }

    /// <summary>
    /// Looks where the server is. First it says which place was confirmed, and then goes through the log from where the oldest transaction of that place began, which may be far below. The driver remembers the
    /// greatest place, so up to there it is made to forget.
    /// </summary>
    public void Look()
    {
        ref var last = ref LastReceived(_connection);
        var at = Interlocked.Read(ref last);
        if (at == 0) return;
        if ((ulong)at <= _from) Interlocked.CompareExchange(ref last, 0, at);
        if ((ulong)at > _at) Moves++;
        _at = (ulong)at;
        Received = Math.Max(Received, _at);
    }

    /// <summary>Waits for the next message, once more where it was waited for already. Its data must be read before the next is waited for.</summary>
    public Task<bool> MoveAsync()
    {
        if (_moving is { IsCompleted: false }) return _moving;
        var moving = _messages!.MoveNextAsync();
        if (!moving.IsCompletedSuccessfully) return _moving = moving.AsTask();
        return moving.Result ? Moved : Ended;
    }

    public XLogDataMessage Current => _messages!.Current;

    /// <summary>Tells the server what it may forget. Only once it has sent something.</summary>
    public Task ConfirmAsync(CancellationToken ct) => _connection.SendStatusUpdate(ct);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_moving is { } moving) await moving.ContinueWith(static m => m.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await _connection.DisposeAsync();
        _stop.Dispose();
    }

    private static (Func<CancellationToken, Task<LogSession>> Open, Func<ValueTask> Abandon) Open(ServerParameters source, ServerTls tls, IPAddress address, TimeSpan commandTimeout)
    {
        var settings = new NpgsqlConnectionStringBuilder();
        PostgresGate.Set(settings, source, address, commandTimeout);
        settings.Options = Options;
        var connection = new LogicalReplicationConnection(settings.ConnectionString);
        if (source.Tls != TlsMode.Disable) Inner(connection).SslClientAuthenticationOptionsCallback = tls.Apply;
        return (
            async ct =>
            {
                await connection.Open(ct);
                return new LogSession(connection);
            },
            connection.DisposeAsync);
    }

    /// <summary>
    /// The driver's replication connections offer no way to judge a server's certificate, though what they are made of does. A driver without this field fails at the first use, in tests.
    /// </summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_npgsqlConnection")]
    private static extern ref NpgsqlConnection Inner(ReplicationConnection connection);

    /// <summary>The driver asks a server that is silent for half of the time after which it gives it up, and offers no way to ask sooner.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_requestFeedbackInterval")]
    private static extern ref TimeSpan AskInterval(ReplicationConnection connection);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_lastReceivedLsn")]
    private static extern ref long LastReceived(ReplicationConnection connection);

    private sealed class Slot(string name) : LogicalReplicationSlot("pgoutput", new ReplicationSlotOptions(name));
}
