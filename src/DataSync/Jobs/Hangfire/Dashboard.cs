using DataSync.Platform.Authentication;
using Hangfire;
using Hangfire.Dashboard;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Jobs.Hangfire;

/// <summary>Hangfire's dashboard, for operators and read-only: what runs again is decided by our own tables.</summary>
internal static class Dashboard
{
    public static void MapDashboard(this IEndpointRouteBuilder endpoints)
        => endpoints.MapHangfireDashboard(OperatorCookie.Path, new DashboardOptions
        {
            Authorization = [],
            AsyncAuthorization = [new OperatorsOnly()],
            IsReadOnlyFunc = _ => true,
            AppPath = null,
            DisplayStorageConnectionString = false,
            DashboardTitle = "DataSync",
        }).AllowAnonymous(); // a browser has no bearer token: the filter asks for the operator's cookie

    private sealed class OperatorsOnly : IDashboardAsyncAuthorizationFilter
    {
        public Task<bool> AuthorizeAsync(DashboardContext context)
        {
            var http = context.GetHttpContext();
            return Task.FromResult(http.RequestServices.GetRequiredService<OperatorCookie>().Validate(http));
        }
    }
}
