-- SpatiaLite's metadata, as `InitSpatialMetaData('WGS84_ONLY')` of SpatiaLite 5 leaves it: the same tables, views,
-- columns and keys, so that SpatiaLite, GDAL and QGIS take the file for their own. Left out are what needs the
-- extension (the virtual tables SpatialIndex, ElementaryGeometries, KNN), the UTM zones, and the triggers that check
-- the spelling of names in rows of the metadata: our own names are right, and SpatiaLite checks what it adds itself.

PRAGMA application_id = 0x57794664;  -- "WyFd": this is a Wayfold store

CREATE TABLE spatial_ref_sys (
    srid INTEGER NOT NULL PRIMARY KEY,
    auth_name TEXT NOT NULL,
    auth_srid INTEGER NOT NULL,
    ref_sys_name TEXT NOT NULL DEFAULT 'Unknown',
    proj4text TEXT NOT NULL,
    srtext TEXT NOT NULL DEFAULT 'Undefined'
);
CREATE UNIQUE INDEX idx_spatial_ref_sys ON spatial_ref_sys (auth_srid, auth_name);

CREATE TABLE spatial_ref_sys_aux (
    srid INTEGER NOT NULL PRIMARY KEY,
    is_geographic INTEGER,
    has_flipped_axes INTEGER,
    spheroid TEXT,
    prime_meridian TEXT,
    datum TEXT,
    projection TEXT,
    unit TEXT,
    axis_1_name TEXT,
    axis_1_orientation TEXT,
    axis_2_name TEXT,
    axis_2_orientation TEXT,
    CONSTRAINT fk_sprefsys FOREIGN KEY (srid) REFERENCES spatial_ref_sys (srid)
);

CREATE VIEW spatial_ref_sys_all AS
SELECT a.srid AS srid, a.auth_name AS auth_name, a.auth_srid AS auth_srid, a.ref_sys_name AS ref_sys_name,
       b.is_geographic AS is_geographic, b.has_flipped_axes AS has_flipped_axes, b.spheroid AS spheroid,
       b.prime_meridian AS prime_meridian, b.datum AS datum, b.projection AS projection, b.unit AS unit,
       b.axis_1_name AS axis_1_name, b.axis_1_orientation AS axis_1_orientation,
       b.axis_2_name AS axis_2_name, b.axis_2_orientation AS axis_2_orientation,
       a.proj4text AS proj4text, a.srtext AS srtext
FROM spatial_ref_sys AS a LEFT JOIN spatial_ref_sys_aux AS b ON (a.srid = b.srid);

INSERT INTO spatial_ref_sys VALUES
    (-1, 'NONE', -1, 'Undefined - Cartesian', '', 'Undefined'),
    (0, 'NONE', 0, 'Undefined - Geographic Long/Lat', '', 'Undefined'),
    (4326, 'epsg', 4326, 'WGS 84', '+proj=longlat +datum=WGS84 +no_defs', 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]');

INSERT INTO spatial_ref_sys_aux VALUES
    (4326, 1, 1, 'WGS 84', 'Greenwich', 'WGS_1984', 'none', 'degree',
     'Geodetic latitude', 'North', 'Geodetic longitude', 'East');

CREATE TABLE spatialite_history (
    event_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    table_name TEXT NOT NULL,
    geometry_column TEXT,
    event TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    ver_sqlite TEXT NOT NULL,
    ver_splite TEXT NOT NULL
);

-- Which columns hold geometry: of tables, of views, of virtual tables.

CREATE TABLE geometry_columns (
    f_table_name TEXT NOT NULL,
    f_geometry_column TEXT NOT NULL,
    geometry_type INTEGER NOT NULL,
    coord_dimension INTEGER NOT NULL,
    srid INTEGER NOT NULL,
    spatial_index_enabled INTEGER NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (f_table_name, f_geometry_column),
    CONSTRAINT fk_gc_srs FOREIGN KEY (srid) REFERENCES spatial_ref_sys (srid),
    CONSTRAINT ck_gc_rtree CHECK (spatial_index_enabled IN (0, 1, 2))
);
CREATE INDEX idx_srid_geocols ON geometry_columns (srid);

CREATE VIEW geom_cols_ref_sys AS
SELECT f_table_name, f_geometry_column, geometry_type, coord_dimension, spatial_ref_sys.srid AS srid,
       auth_name, auth_srid, ref_sys_name, proj4text, srtext
FROM geometry_columns, spatial_ref_sys
WHERE geometry_columns.srid = spatial_ref_sys.srid;

CREATE TABLE views_geometry_columns (
    view_name TEXT NOT NULL,
    view_geometry TEXT NOT NULL,
    view_rowid TEXT NOT NULL,
    f_table_name TEXT NOT NULL,
    f_geometry_column TEXT NOT NULL,
    read_only INTEGER NOT NULL,
    CONSTRAINT pk_geom_cols_views PRIMARY KEY (view_name, view_geometry),
    CONSTRAINT fk_views_geom_cols FOREIGN KEY (f_table_name, f_geometry_column)
        REFERENCES geometry_columns (f_table_name, f_geometry_column) ON DELETE CASCADE,
    CONSTRAINT ck_vw_rdonly CHECK (read_only IN (0, 1))
);
CREATE INDEX idx_viewsjoin ON views_geometry_columns (f_table_name, f_geometry_column);

CREATE TABLE virts_geometry_columns (
    virt_name TEXT NOT NULL,
    virt_geometry TEXT NOT NULL,
    geometry_type INTEGER NOT NULL,
    coord_dimension INTEGER NOT NULL,
    srid INTEGER NOT NULL,
    CONSTRAINT pk_geom_cols_virts PRIMARY KEY (virt_name, virt_geometry),
    CONSTRAINT fk_vgc_srid FOREIGN KEY (srid) REFERENCES spatial_ref_sys (srid)
);
CREATE INDEX idx_virtssrid ON virts_geometry_columns (srid);

-- What SpatiaLite notes about those columns: extents and counts, values by field, last changes, rights.

CREATE TABLE geometry_columns_statistics (
    f_table_name TEXT NOT NULL,
    f_geometry_column TEXT NOT NULL,
    last_verified TIMESTAMP,
    row_count INTEGER,
    extent_min_x DOUBLE,
    extent_min_y DOUBLE,
    extent_max_x DOUBLE,
    extent_max_y DOUBLE,
    CONSTRAINT pk_gc_statistics PRIMARY KEY (f_table_name, f_geometry_column),
    CONSTRAINT fk_gc_statistics FOREIGN KEY (f_table_name, f_geometry_column)
        REFERENCES geometry_columns (f_table_name, f_geometry_column) ON DELETE CASCADE
);

CREATE TABLE views_geometry_columns_statistics (
    view_name TEXT NOT NULL,
    view_geometry TEXT NOT NULL,
    last_verified TIMESTAMP,
    row_count INTEGER,
    extent_min_x DOUBLE,
    extent_min_y DOUBLE,
    extent_max_x DOUBLE,
    extent_max_y DOUBLE,
    CONSTRAINT pk_vwgc_statistics PRIMARY KEY (view_name, view_geometry),
    CONSTRAINT fk_vwgc_statistics FOREIGN KEY (view_name, view_geometry)
        REFERENCES views_geometry_columns (view_name, view_geometry) ON DELETE CASCADE
);

CREATE TABLE virts_geometry_columns_statistics (
    virt_name TEXT NOT NULL,
    virt_geometry TEXT NOT NULL,
    last_verified TIMESTAMP,
    row_count INTEGER,
    extent_min_x DOUBLE,
    extent_min_y DOUBLE,
    extent_max_x DOUBLE,
    extent_max_y DOUBLE,
    CONSTRAINT pk_vrtgc_statistics PRIMARY KEY (virt_name, virt_geometry),
    CONSTRAINT fk_vrtgc_statistics FOREIGN KEY (virt_name, virt_geometry)
        REFERENCES virts_geometry_columns (virt_name, virt_geometry) ON DELETE CASCADE
);

CREATE TABLE geometry_columns_field_infos (
    f_table_name TEXT NOT NULL,
    f_geometry_column TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    column_name TEXT NOT NULL,
    null_values INTEGER NOT NULL,
    integer_values INTEGER NOT NULL,
    double_values INTEGER NOT NULL,
    text_values INTEGER NOT NULL,
    blob_values INTEGER NOT NULL,
    max_size INTEGER,
    integer_min INTEGER,
    integer_max INTEGER,
    double_min DOUBLE,
    double_max DOUBLE,
    CONSTRAINT pk_gcfld_infos PRIMARY KEY (f_table_name, f_geometry_column, ordinal, column_name),
    CONSTRAINT fk_gcfld_infos FOREIGN KEY (f_table_name, f_geometry_column)
        REFERENCES geometry_columns (f_table_name, f_geometry_column) ON DELETE CASCADE
);

CREATE TABLE views_geometry_columns_field_infos (
    view_name TEXT NOT NULL,
    view_geometry TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    column_name TEXT NOT NULL,
    null_values INTEGER NOT NULL,
    integer_values INTEGER NOT NULL,
    double_values INTEGER NOT NULL,
    text_values INTEGER NOT NULL,
    blob_values INTEGER NOT NULL,
    max_size INTEGER,
    integer_min INTEGER,
    integer_max INTEGER,
    double_min DOUBLE,
    double_max DOUBLE,
    CONSTRAINT pk_vwgcfld_infos PRIMARY KEY (view_name, view_geometry, ordinal, column_name),
    CONSTRAINT fk_vwgcfld_infos FOREIGN KEY (view_name, view_geometry)
        REFERENCES views_geometry_columns (view_name, view_geometry) ON DELETE CASCADE
);

CREATE TABLE virts_geometry_columns_field_infos (
    virt_name TEXT NOT NULL,
    virt_geometry TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    column_name TEXT NOT NULL,
    null_values INTEGER NOT NULL,
    integer_values INTEGER NOT NULL,
    double_values INTEGER NOT NULL,
    text_values INTEGER NOT NULL,
    blob_values INTEGER NOT NULL,
    max_size INTEGER,
    integer_min INTEGER,
    integer_max INTEGER,
    double_min DOUBLE,
    double_max DOUBLE,
    CONSTRAINT pk_vrtgcfld_infos PRIMARY KEY (virt_name, virt_geometry, ordinal, column_name),
    CONSTRAINT fk_vrtgcfld_infos FOREIGN KEY (virt_name, virt_geometry)
        REFERENCES virts_geometry_columns (virt_name, virt_geometry) ON DELETE CASCADE
);

CREATE TABLE geometry_columns_time (
    f_table_name TEXT NOT NULL,
    f_geometry_column TEXT NOT NULL,
    last_insert TIMESTAMP NOT NULL DEFAULT '0000-01-01T00:00:00.000Z',
    last_update TIMESTAMP NOT NULL DEFAULT '0000-01-01T00:00:00.000Z',
    last_delete TIMESTAMP NOT NULL DEFAULT '0000-01-01T00:00:00.000Z',
    CONSTRAINT pk_gc_time PRIMARY KEY (f_table_name, f_geometry_column),
    CONSTRAINT fk_gc_time FOREIGN KEY (f_table_name, f_geometry_column)
        REFERENCES geometry_columns (f_table_name, f_geometry_column) ON DELETE CASCADE
);

CREATE TABLE geometry_columns_auth (
    f_table_name TEXT NOT NULL,
    f_geometry_column TEXT NOT NULL,
    read_only INTEGER NOT NULL,
    hidden INTEGER NOT NULL,
    CONSTRAINT pk_gc_auth PRIMARY KEY (f_table_name, f_geometry_column),
    CONSTRAINT fk_gc_auth FOREIGN KEY (f_table_name, f_geometry_column)
        REFERENCES geometry_columns (f_table_name, f_geometry_column) ON DELETE CASCADE,
    CONSTRAINT ck_gc_ronly CHECK (read_only IN (0, 1)),
    CONSTRAINT ck_gc_hidden CHECK (hidden IN (0, 1))
);

CREATE TABLE views_geometry_columns_auth (
    view_name TEXT NOT NULL,
    view_geometry TEXT NOT NULL,
    hidden INTEGER NOT NULL,
    CONSTRAINT pk_vwgc_auth PRIMARY KEY (view_name, view_geometry),
    CONSTRAINT fk_vwgc_auth FOREIGN KEY (view_name, view_geometry)
        REFERENCES views_geometry_columns (view_name, view_geometry) ON DELETE CASCADE,
    CONSTRAINT ck_vwgc_hidden CHECK (hidden IN (0, 1))
);

CREATE TABLE virts_geometry_columns_auth (
    virt_name TEXT NOT NULL,
    virt_geometry TEXT NOT NULL,
    hidden INTEGER NOT NULL,
    CONSTRAINT pk_vrtgc_auth PRIMARY KEY (virt_name, virt_geometry),
    CONSTRAINT fk_vrtgc_auth FOREIGN KEY (virt_name, virt_geometry)
        REFERENCES virts_geometry_columns (virt_name, virt_geometry) ON DELETE CASCADE,
    CONSTRAINT ck_vrtgc_hidden CHECK (hidden IN (0, 1))
);

CREATE TABLE data_licenses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    url TEXT
);

CREATE TABLE sql_statements_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time_start TIMESTAMP NOT NULL DEFAULT '0000-01-01T00:00:00.000Z',
    time_end TIMESTAMP NOT NULL DEFAULT '0000-01-01T00:00:00.000Z',
    user_agent TEXT NOT NULL,
    sql_statement TEXT NOT NULL,
    success INTEGER NOT NULL DEFAULT 0,
    error_cause TEXT NOT NULL DEFAULT 'ABORTED',
    CONSTRAINT sqllog_success CHECK (success IN (0, 1))
);

-- All of them at one glance, as viewers ask.

CREATE VIEW vector_layers AS
SELECT 'SpatialTable' AS layer_type, f_table_name AS table_name, f_geometry_column AS geometry_column, geometry_type,
       coord_dimension, srid, spatial_index_enabled
FROM geometry_columns
UNION
SELECT 'SpatialView', a.view_name, a.view_geometry, b.geometry_type, b.coord_dimension, b.srid, b.spatial_index_enabled
FROM views_geometry_columns AS a
LEFT JOIN geometry_columns AS b
    ON (upper(a.f_table_name) = upper(b.f_table_name) AND upper(a.f_geometry_column) = upper(b.f_geometry_column))
UNION
SELECT 'VirtualShape', virt_name, virt_geometry, geometry_type, coord_dimension, srid, 0
FROM virts_geometry_columns;

CREATE VIEW vector_layers_auth AS
SELECT 'SpatialTable' AS layer_type, f_table_name AS table_name, f_geometry_column AS geometry_column, read_only, hidden
FROM geometry_columns_auth
UNION
SELECT 'SpatialView', a.view_name, a.view_geometry, b.read_only, a.hidden
FROM views_geometry_columns_auth AS a
JOIN views_geometry_columns AS b
    ON (upper(a.view_name) = upper(b.view_name) AND upper(a.view_geometry) = upper(b.view_geometry))
UNION
SELECT 'VirtualShape', virt_name, virt_geometry, 1, hidden
FROM virts_geometry_columns_auth;

CREATE VIEW vector_layers_statistics AS
SELECT 'SpatialTable' AS layer_type, f_table_name AS table_name, f_geometry_column AS geometry_column,
       last_verified, row_count, extent_min_x, extent_min_y, extent_max_x, extent_max_y
FROM geometry_columns_statistics
UNION
SELECT 'SpatialView', view_name, view_geometry,
       last_verified, row_count, extent_min_x, extent_min_y, extent_max_x, extent_max_y
FROM views_geometry_columns_statistics
UNION
SELECT 'VirtualShape', virt_name, virt_geometry,
       last_verified, row_count, extent_min_x, extent_min_y, extent_max_x, extent_max_y
FROM virts_geometry_columns_statistics;

CREATE VIEW vector_layers_field_infos AS
SELECT 'SpatialTable' AS layer_type, f_table_name AS table_name, f_geometry_column AS geometry_column,
       ordinal, column_name, null_values, integer_values, double_values, text_values, blob_values, max_size, integer_min, integer_max, double_min, double_max
FROM geometry_columns_field_infos
UNION
SELECT 'SpatialView', view_name, view_geometry,
       ordinal, column_name, null_values, integer_values, double_values, text_values, blob_values, max_size, integer_min, integer_max, double_min, double_max
FROM views_geometry_columns_field_infos
UNION
SELECT 'VirtualShape', virt_name, virt_geometry,
       ordinal, column_name, null_values, integer_values, double_values, text_values, blob_values, max_size, integer_min, integer_max, double_min, double_max
FROM virts_geometry_columns_field_infos;
