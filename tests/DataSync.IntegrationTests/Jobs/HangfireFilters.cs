using System.Runtime.CompilerServices;
using Hangfire;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>
/// Hangfire makes its filters once a process, with the logger of whichever host came last. Where tests end one host while another begins, that logger may be gone, and then no host of the process
/// can have filters any more. So they are made before there is any host.
/// </summary>
internal static class HangfireFilters
{
    [ModuleInitializer]
    internal static void Make() => _ = GlobalJobFilters.Filters.Count;
}
