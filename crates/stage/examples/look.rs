use orator_stage::*; use orator_stage::figure::Anatomy;
fn main(){ let a=Anatomy::load(&orator_assets::figure().unwrap()).unwrap();
 let args:Vec<String>=std::env::args().collect();
 let s=SheetSettings{subject:match args[1].as_str(){"people"=>Subject::People,"faces"=>Subject::Expressions,_=>Subject::Gestures},identity:args[2].parse().unwrap(),count:args[3].parse().unwrap(),columns:args[4].parse().unwrap(),tile:args[5].parse().unwrap()};
 let t=std::time::Instant::now(); let p=sheet(&a,&s).unwrap(); eprintln!("{:?}",t.elapsed()); p.write_png(std::path::Path::new(&args[6])).unwrap(); }
