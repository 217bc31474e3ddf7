using DataSync.Extract.Connectors.MySql;

namespace DataSync.Tests.Extract.Connectors.MySql;

public class GrantTests
{
    [Theory]
    [InlineData("GRANT USAGE ON *.* TO `r`@`%` IDENTIFIED BY PASSWORD '*B69027'"), InlineData("GRANT SELECT, SHOW VIEW ON `shop`.* TO `r`@`%`"), InlineData("GRANT SELECT (`a`, `INSERT`), SELECT ON `shop`.`t` TO `r`@`%`")]
    [InlineData("GRANT PROCESS, BINLOG MONITOR, REPLICATION SLAVE ON *.* TO `r`@`%`"), InlineData("GRANT SELECT ON `a TO b ON c`.* TO `r`@`%`"), InlineData("GRANT `readers`@`%` TO `r`@`%`"), InlineData("SET DEFAULT ROLE `readers` FOR `r`@`%`")]
    [InlineData("REVOKE INSERT ON `mysql`.* FROM `r`@`%`"), InlineData("GRANT SHOW_ROUTINE ON *.* TO `r`@`%`")]
    public void Writing_of_a_grant_that_only_reads_is_nothing(string line) => Assert.Empty(Grant.Parse(line).Writing());

    [Theory]
    [InlineData("GRANT ALL PRIVILEGES ON `shop`.* TO `r`@`%`", "ALL PRIVILEGES on shop.*"), InlineData("GRANT SELECT, INSERT ON `shop`.`t` TO `r`@`%`", "INSERT on shop.t"), InlineData("GRANT SELECT, UPDATE (`a`, `b`) ON `shop`.`t` TO `r`@`%`", "UPDATE on shop.t")]
    [InlineData("GRANT SELECT ON `shop`.* TO `r`@`%` WITH GRANT OPTION", "GRANT OPTION on shop.*"), InlineData("GRANT USAGE ON *.* TO `r`@`%` IDENTIFIED BY PASSWORD '*B' WITH GRANT OPTION", "GRANT OPTION on *.*"), InlineData("GRANT EXECUTE ON FUNCTION `shop`.`f` TO `r`@`%`", "EXECUTE on FUNCTION shop.f")]
    [InlineData("GRANT PROXY ON ''@'' TO 'r'@'%'", "PROXY on ''@''"), InlineData("GRANT BACKUP_ADMIN,SELECT ON *.* TO `r`@`%`", "BACKUP_ADMIN on *.*"), InlineData("GRANT SOMETHING NEW ON *.* TO `r`@`%`", "SOMETHING NEW on *.*"), InlineData("whatever", "UNKNOWN GRANT on ?")]
    public void Writing_of_any_other_grant_names_it_and_no_login(string line, string expected)
    {
        var finding = Assert.Single(Grant.Parse(line).Writing());
        Assert.Equal(expected, finding);
    }

    [Fact]
    public void Roles_are_those_the_server_wrote()
    {
        Assert.Equal(["`a`@`%`", "`b, c`@`%`"], Grant.Parse("GRANT `a`@`%`,`b, c`@`%` TO `r`@`%`").Roles);
        Assert.Empty(Grant.Parse("GRANT SELECT ON *.* TO `r`@`%`").Roles);
    }
}
