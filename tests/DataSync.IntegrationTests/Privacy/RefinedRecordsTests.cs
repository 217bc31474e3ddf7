using System.Text;
using DataSync.Privacy.Subjects;
using DataSync.Privacy.Subjects.Access;
using DataSync.Privacy.Subjects.Finding;
using DataSync.Platform.Tenancy;

namespace DataSync.IntegrationTests.Privacy;

/// <summary>A refined record that is kept as what it was changed by is looked through and given out as what it is.</summary>
public sealed class RefinedRecordsTests(PrivacyRig rig) : IClassFixture<PrivacyRig>
{
    private const string Ann = "ann@changed.example";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("refined-whole", false)]
    [InlineData("refined-field", true)]
    public async Task Person_whom_a_rule_wrote_into_a_record_is_found_and_erased(string tenant, bool narrow)
    {
        await ChangedAsync(tenant);
        var subject = narrow ? new Subject(Ann, Within: false, new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["s"] = ["to.email"] }) : PrivacyRig.Whole(Ann);

        var receipt = await rig.EraseAsync(tenant, subject);

        Assert.Equal(("completed", 1L), (receipt.Status, receipt.Erased["records"]));
        Assert.Equal("""{"id":2}""", await rig.SqlAsync("SELECT string_agg(raw_data::text, '') FROM sync_data WHERE tenant_id = $1", tenant));
    }

    [Theory]
    [InlineData("refined-place", "1")]
    [InlineData("refined-length", "6")]
    public async Task Place_in_the_original_is_nobody(string tenant, string value)
    {
        await ChangedAsync(tenant);
        var receipt = await rig.EraseAsync(tenant, PrivacyRig.Whole(value));
        Assert.Equal(value == "1" ? 1 : 0, receipt.Erased.GetValueOrDefault("records")); // the id is 1; no value is 6
    }

    [Fact]
    public async Task Refined_record_is_given_out_whole()
    {
        await ChangedAsync("refined-out");
        var id = (Guid)(await rig.SqlAsync("SELECT job_id FROM sync_data WHERE tenant_id = 'refined-out' LIMIT 1"))!;
        using var given = new MemoryStream();
        await new SubjectWriter(rig.Get<TenantDatabase>(), given).WriteRowsAsync("refined-out", HeldTable.Records, [new HeldRow(id, 0, "")], Ct);
        Assert.EndsWith("""
            "raw_data":{"id":1},"refined_data":{"id":1,"to":{"email":"ann@changed.example"}}}

            """.ReplaceLineEndings("\n"), Encoding.UTF8.GetString(given.ToArray()), StringComparison.Ordinal);
    }

    private async Task ChangedAsync(string tenant)
    {
        await rig.JobAsync(tenant, "s", PrivacyRig.Plan("jsonl"), ["""{"id":1}""", """{"id":2}"""]);
        await rig.SqlAsync($$$"""UPDATE sync_data SET refined_changes = '[[1,6],{"to":{"email":"{{{Ann}}}"}}]' WHERE tenant_id = $1 AND seq = 0""", tenant);
    }
}
