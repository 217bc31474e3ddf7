namespace DataSync.Privacy.Tenants;

/// <summary>What became of a tenant that was to be erased.</summary>
/// <param name="Rows">Rows that went, in all tables; 0 where there was nothing of it.</param>
/// <param name="Tasks">Tasks removed from projects at Label Studio, with what was annotated on them.</param>
/// <param name="OutOfReach">Jobs whose tasks stay in a project that is not the tenant's any more.</param>
/// <param name="Unreached">Projects whose tasks are still there. Where there are any and they were not to be left, open jobs were cancelled and the other projects' tasks went, and nothing else.</param>
internal sealed record TenantErased(long Rows, int Tasks, int OutOfReach, IReadOnlyList<UnreachedProject> Unreached);

/// <summary>A project at Label Studio whose tasks could not be removed.</summary>
/// <param name="Project">Its number.</param>
/// <param name="MessageKey">Why, in the words of the error catalogue.</param>
internal sealed record UnreachedProject(long Project, string MessageKey);
