namespace DataSync.Faults.Running;

/// <summary>The rig itself cannot go on: what it waited for did not come, or the machine lacks something.</summary>
internal sealed class FaultException(string message) : Exception(message);
