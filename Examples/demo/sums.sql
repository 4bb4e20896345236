-- The stored fingerprints, as `sha256sum --check` reads them. Run after report.sql.
select sha256 || '  ' || path from demo_end
where state = 'succeeded' and path !~ '\\' and input = 'file';
