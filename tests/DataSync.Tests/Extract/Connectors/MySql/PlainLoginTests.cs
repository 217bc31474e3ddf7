using System.Text;
using DataSync.Extract.Connectors.MySql.Relay;

namespace DataSync.Tests.Extract.Connectors.MySql;

public class PlainLoginTests
{
    [Theory]
    [InlineData("\u0000\u0000\u0000")]
    [InlineData("\u00FF\u0015\u0004#28000Access denied")]
    public void Step_of_an_answer_ends_the_login(string payload)
        => Assert.Equal(LoginStep.Ends, Step(payload));

    [Theory]
    [InlineData("\u00FEmysql_native_password\012345678901234567890\0", "Asks")]
    [InlineData("\u00FEcaching_sha2_password\012345678901234567890\0", "Asks")]
    [InlineData("\u0001\u0003", "GoesOn")]
    public void Step_of_a_proof_passes(string payload, string step)
        => Assert.Equal(step, Step(payload)?.ToString());

    [Theory]
    [InlineData("\u00FEmysql_clear_password\0")]
    [InlineData("\u00FEdialog\0\u0004Password: \0")]
    [InlineData("\u00FEsha256_password\012345678901234567890\0")]
    [InlineData("\u00FEauth_gssapi_client\0")]
    [InlineData("\u00FEmysql_native_password")]
    [InlineData("\u00FE")]
    [InlineData("\u0001\u0004")]
    [InlineData("\u0001-----BEGIN PUBLIC KEY-----")]
    [InlineData("\u0001")]
    [InlineData("")]
    public void Step_of_any_other_wish_may_not_pass_unless_nobody_stands_between(string payload)
    {
        Assert.Null(Step(payload));
        Assert.Equal(LoginStep.Asks, Step(payload, mayShow: true));
    }

    private static LoginStep? Step(string payload, bool mayShow = false) => PlainLogin.Step(Encoding.Latin1.GetBytes(payload), mayShow);
}
