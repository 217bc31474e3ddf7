using System.Text;
using System.Text.Json.Nodes;
using DataSync.Benchmarks.Ours;

namespace DataSync.Benchmarks.Cases.Webhooks;

/// <summary>What is sent, and to whom.</summary>
internal static class Delivery
{
    private const string Source = "hook", Secret = "a secret for the benchmark's own provider";

    /// <summary>Registers a tenant's webhook; what sends to it.</summary>
    public static async Task<DeliveryLoad> ToAsync(StartedSystem system, string tenant, CancellationToken ct, TimeSpan pause = default)
    {
        using var client = system.ClientOf(tenant);
        await client.RegisterWebhookAsync(Source, new JsonObject { ["scheme"] = "github", ["secrets"] = new JsonArray(Secret) }, ct);
        return new DeliveryLoad(system.Address, $"/api/webhooks/{Uri.EscapeDataString(tenant)}/{Source}", Secret, Body()) { Pause = pause };
    }

    /// <summary>A kilobyte as a shop would send it.</summary>
    public static byte[] Body()
    {
        const string Start = """{"id":"evt_0123456789","type":"order.updated","livemode":true,"data":{"object":{"id":"ord_8842","customer":{"name":"José Ñandú","email":"jose@example.com"},"total":218.48,"currency":"EUR"}},"pad":""" + "\"";
        return Encoding.UTF8.GetBytes(Start + new string('x', 1024 - Encoding.UTF8.GetByteCount(Start) - 2) + "\"}");
    }
}
