using DataSync.Pipeline.Failures;
using Microsoft.AspNetCore.Http;

namespace DataSync.Platform.Http.Requests;

/// <summary>
/// Where everything that reads a part of a request puts what is wrong with it. The handler runs only if this is empty
/// (<see cref="RequestFaultsFilter"/>); else one answer names them all.
/// </summary>
internal sealed class RequestFaults
{
    /// <summary>A wrong request names this many faults at most: an answer must not be larger than an attack wants it to be.</summary>
    public const int Max = 200;

    private readonly List<Fault> _faults = [];

    /// <summary>A failure that decides code and status: the body is no JSON, too large, of another tenant. The first one holds.</summary>
    public SyncFailure? Failure { get; private set; }

    public IReadOnlyList<Fault> Faults => _faults;

    public bool Any => Failure is not null || _faults.Count > 0;

    public static RequestFaults Of(HttpContext context)
    {
        if (context.Features.Get<RequestFaults>() is { } faults) return faults;
        faults = new RequestFaults();
        context.Features.Set(faults);
        return faults;
    }

    public void Add(Fault fault)
    {
        if (_faults.Count < Max) _faults.Add(fault);
        else if (_faults.Count == Max) _faults.Add(new Fault("", "faults.too_many", ("max", Max)));
    }

    public void Fail(SyncFailure failure) => Failure ??= failure;
}
