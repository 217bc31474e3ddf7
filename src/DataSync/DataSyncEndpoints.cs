using DataSync.Alerts;
using DataSync.Export;
using DataSync.Export.Coco;
using DataSync.Export.Storage.Links;
using DataSync.Jobs;
using DataSync.Jobs.Hangfire;
using DataSync.Jobs.Metrics;
using DataSync.Jobs.Schedules;
using DataSync.Jobs.Webhooks;
using DataSync.Platform.Audit.Reading;
using DataSync.Platform.Authentication.ApiKeys;
using DataSync.Platform.Http;
using DataSync.Platform.Tenancy.Settings;
using DataSync.Privacy;
using DataSync.Process;
using DataSync.Process.Hybrid;
using DataSync.Process.Rejections;
using DataSync.Refine.Ai;
using DataSync.Refine.LabelStudio.Projects;
using DataSync.Refine.Rules.Trial;
using DataSync.Sources;
using Microsoft.AspNetCore.Builder;

namespace DataSync;

/// <summary>The addresses a process answers.</summary>
public static class DataSyncEndpoints
{
    /// <summary>Maps the API for an API process; a worker answers health and metrics alone.</summary>
    public static WebApplication MapDataSync(this WebApplication app, DataSyncRole role)
    {
        app.UsePlatformHttp();
        app.MapPlatformHttp();
        if (!role.HasFlag(DataSyncRole.Api)) return app;
        app.MapTenantSettings();
        app.MapAudit();
        app.MapApiKeys();
        app.MapSources();
        app.MapSchedules();
        app.MapJobs();
        app.MapMetrics();
        app.MapAlertRoom();
        app.MapWebhooks();
        app.MapRecords();
        app.MapEnrichments();
        app.MapAi();
        app.MapRejections();
        app.MapRouteTest();
        app.MapRuleTest();
        app.MapExports();
        app.MapExportLinks();
        app.MapCoco();
        app.MapLabelStudio();
        app.MapPrivacy();
        app.MapDashboard();
        return app;
    }
}
