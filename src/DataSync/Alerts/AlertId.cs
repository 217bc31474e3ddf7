using System.Buffers;
using System.Reflection;
using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace DataSync.Alerts;

/// <summary>
/// An id in the path that a caller chooses for a rule or a channel: short, and plain enough for a path, a label and a subject line. Take one as a parameter of the handler: <c>(AlertId ruleId)</c> reads <c>{rule_id}</c>. What nobody may
/// choose is a fault of the request, told with its others.
/// </summary>
internal readonly record struct AlertId(string Value) : IEndpointParameterMetadataProvider
{
    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");

    public static ValueTask<AlertId> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var id = RouteId.Read(context, NameOf(parameter)).Value;
        if (id.Length > 100 || id.AsSpan().ContainsAnyExcept(Allowed)) RequestFaults.Of(context).Add(new Fault("path/" + NameOf(parameter), "faults.alert_id"));
        return ValueTask.FromResult(new AlertId(id));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => RouteId.PopulateMetadata(NameOf(parameter), builder);

    private static string NameOf(ParameterInfo parameter) => JsonNamingPolicy.SnakeCaseLower.ConvertName(parameter.Name!);
}
