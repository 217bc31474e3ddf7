using DataSync.Pipeline;
using DataSync.Pipeline.Push;

namespace DataSync.Jobs.Webhooks.Receive;

/// <summary>A source as its deliveries meet it.</summary>
/// <param name="TenantId">Whose it is.</param>
/// <param name="SourceId">Its id.</param>
/// <param name="Id">Its row, which another source of the same name would not have.</param>
/// <param name="Version">Its version.</param>
/// <param name="IsActive">Whether it takes deliveries.</param>
/// <param name="Door">Judges them.</param>
/// <param name="Mode">The mode its pushes run in.</param>
/// <param name="Plan">What they run with; null where it has faults.</param>
internal sealed record PushSource(string TenantId, string SourceId, Guid Id, int Version, bool IsActive, PushDoor Door, string Mode, SyncPlan? Plan);
