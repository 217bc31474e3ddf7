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

    [Theory]
    [InlineData(true, "GRANT SELECT ON `shop`.* TO `r`@`%`", ""), InlineData(false, "GRANT EXECUTE ON *.* TO `r`@`%`", "EXECUTE on *.*"), InlineData(true, "GRANT CONNECTION ADMIN ON *.* TO `r`@`%`", "CONNECTION ADMIN on *.*")]
    [InlineData(false, "GRANT CONNECTION_ADMIN,SYSTEM_VARIABLES_ADMIN ON *.* TO `r`@`%`", "CONNECTION_ADMIN on *.*, SYSTEM_VARIABLES_ADMIN on *.*"), InlineData(false, "", "UNKNOWN GRANT on ?"), InlineData(true, "ALLOW ALL", "UNKNOWN GRANT on ?")]
    [InlineData(false, "GRANT `writers`@`%` TO `r`@`%` WITH ADMIN OPTION", "ADMIN OPTION on `writers`@`%`"), InlineData(true, "GRANT REPLICATION SLAVE ON *.* TO `r`@`%`", "")]
    public void Judge_names_whatever_is_not_known_to_only_read(bool isMariaDb, string line, string findings)
    {
        Assert.Equal(findings, string.Join(", ", GrantProbe.Judge([line], seesEverybody: true).Grants));
        Assert.Equal("SHOW GRANTS", GrantProbe.Questions([line], isMariaDb).First());
    }

    /// <summary>MySQL lists a login's roles, and what they may do only when asked.</summary>
    [Fact]
    public void Questions_to_mysql_go_on_with_its_roles()
    {
        List<string> lines = ["GRANT USAGE ON *.* TO `r`@`%`", "GRANT `a`@`%`,`b`@`%` TO `r`@`%`"];
        Assert.Equal(["SHOW GRANTS", "SHOW GRANTS FOR CURRENT_USER() USING `a`@`%`, `b`@`%`"], GrantProbe.Questions(lines, isMariaDb: false));
        Assert.Equal(["SHOW GRANTS"], GrantProbe.Questions(lines, isMariaDb: true));
    }

    /// <summary>An empty user's rows are everybody's. A login that may not read them is not let to try.</summary>
    [Theory]
    [InlineData("GRANT SELECT ON *.* TO `r`@`%`", true), InlineData("GRANT SELECT ON `mysql`.* TO `r`@`%`", true), InlineData("GRANT SELECT ON `mysql`.`db` TO `r`@`%`", true), InlineData("GRANT ALL PRIVILEGES ON *.* TO `r`@`%`", true)]
    [InlineData("GRANT USAGE ON *.* TO `r`@`%`", false), InlineData("GRANT PROCESS ON *.* TO `r`@`%`", false), InlineData("GRANT SELECT ON `shop`.* TO `r`@`%`", false), InlineData("GRANT SELECT ON `mysql`.`user` TO `r`@`%`", false)]
    public void OfEverybody_is_asked_where_it_may_be_read(string line, bool expected)
    {
        Assert.Equal(expected, GrantProbe.OfEverybody([line], isMariaDb: true)?.Contains("Delete_history_priv", StringComparison.Ordinal) ?? false);
        Assert.Equal(expected, GrantProbe.OfEverybody([line], isMariaDb: false) is { } question && !question.Contains("history", StringComparison.Ordinal));
        Assert.Equal("mysql.db", GrantProbe.Judge([line], seesEverybody: false).Shown()["unverified"]);
        Assert.False(GrantProbe.Judge([line], seesEverybody: true).Shown().ContainsKey("unverified"));
    }

    [Theory]
    [InlineData("GRANT USAGE ON test.* of ''@'%' TO everybody", ""), InlineData("GRANT USAGE, INSERT, CREATE TMP TABLE ON test\\_%.* of ''@'%' TO everybody", "INSERT on test\\_%.* of ''@'%', CREATE TMP TABLE on test\\_%.* of ''@'%'")]
    [InlineData("GRANT USAGE ON test.* of ''@'' TO everybody WITH GRANT OPTION", "GRANT OPTION on test.* of ''@''")]
    public void Judge_names_what_everybody_may_write(string line, string findings) => Assert.Equal(findings, string.Join(", ", GrantProbe.Judge([line], seesEverybody: true).Grants));

    [Fact]
    public void Roles_are_those_the_server_wrote()
    {
        Assert.Equal(["`a`@`%`", "`b, c`@`%`"], Grant.Parse("GRANT `a`@`%`,`b, c`@`%` TO `r`@`%`").Roles);
        Assert.Empty(Grant.Parse("GRANT SELECT ON *.* TO `r`@`%`").Roles);
    }
}
