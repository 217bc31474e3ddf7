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
    /// <summary>A server that says nothing for so long is asked, and given up after as long again.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    private readonly LogicalReplicationConnection _connection;
    private readonly CancellationTokenSource _stop = new();
    private static readonly Task<bool> Moved = Task.FromResult(true), Ended = Task.FromResult(false);
    private IAsyncEnumerator<XLogDataMessage>? _messages;
    private Task<bool>? _moving;

    private LogSession(LogicalReplicationConnection connection) => _connection = connection;

    /// <summary>The end of what the server has sent, or has said that there is nothing up to.</summary>
    public ulong Received => (ulong)_connection.LastReceivedLsn;

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

    /// <summary>Gives the slot up. Whoever reads from it is waited for.</summary>
    public Task DropSlotAsync(string name, CancellationToken ct) => _connection.DropReplicationSlot(name, wait: true, ct);

    /// <summary>Begins to read where the sync before ended, which the server may forget from now on.</summary>
    public void Start(string name, ulong from, ulong confirmed)
    {
        _connection.WalReceiverTimeout = Silence * 2;
        _connection.SetReplicationStatus(new NpgsqlLogSequenceNumber(confirmed));
        KeyValuePair<string, string?>[] options = [new("proto_version", "1"), new("publication_names", $"\"{name}\""), new("binary", "true")];
        _messages = _connection.StartLogicalReplication(new Slot(name), _stop.Token, new NpgsqlLogSequenceNumber(from), options).GetAsyncEnumerator(CancellationToken.None);
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
        settings.Options = "-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601 -c extra_float_digits=1 -c bytea_output=hex";
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

    private sealed class Slot(string name) : LogicalReplicationSlot("pgoutput", new ReplicationSlotOptions(name));
}
